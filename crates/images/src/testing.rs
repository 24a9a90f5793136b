//! Builds images for tests: small, and every evil that an archive can hold. Behind the feature `testing`.
//!
//! ```no_run
//! use images::testing::ImageBuilder;
//! ImageBuilder::busybox().cmd(&["sh", "-c", "echo hi"]).docker_archive("/tmp/b.tar".as_ref(), "busybox:latest").unwrap();
//! ```

use crate::Digest;
use std::io::{self, Write};
use std::path::Path;

/// A tar archive in the making. Paths are taken as they are given, however evil.
#[derive(Default, Clone)]
pub struct TarBuilder(Vec<u8>);

/// The things of a tar header that tests care about.
#[derive(Clone)]
pub struct Item<'a> {
    pub path: &'a str,
    /// The type flag: `b'0'` a file, `b'1'` a hard link, `b'2'` a symlink, `b'3'` and `b'4'` devices, `b'5'` a directory, `b'6'` a FIFO.
    pub kind: u8,
    pub link: &'a str,
    pub mode: u32,
    pub owner: (u32, u32),
    pub mtime: u64,
    pub device: (u32, u32),
    pub xattrs: &'a [(&'a str, &'a str)],
    pub content: &'a [u8],
}

impl Default for Item<'_> {
    fn default() -> Self {
        Item {
            path: "",
            kind: b'0',
            link: "",
            mode: 0o644,
            owner: (0, 0),
            mtime: 1_700_000_000,
            device: (0, 0),
            xattrs: &[],
            content: b"",
        }
    }
}

impl TarBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn file(self, path: &str, mode: u32, content: &[u8]) -> Self {
        self.item(&Item {
            path,
            mode,
            content,
            ..Item::default()
        })
    }

    pub fn dir(self, path: &str, mode: u32) -> Self {
        self.item(&Item {
            path,
            mode,
            kind: b'5',
            ..Item::default()
        })
    }

    pub fn symlink(self, path: &str, link: &str) -> Self {
        self.item(&Item {
            path,
            link,
            mode: 0o777,
            kind: b'2',
            ..Item::default()
        })
    }

    pub fn hardlink(self, path: &str, link: &str) -> Self {
        self.item(&Item {
            path,
            link,
            kind: b'1',
            ..Item::default()
        })
    }

    pub fn item(mut self, item: &Item<'_>) -> Self {
        let mut pax = Vec::new();
        let mut record = |key: &str, value: &str| {
            let rest = key.len() + value.len() + 3; // a space, an equals sign, a newline
            let mut length = rest + 1;
            while length != rest + length.to_string().len() {
                length = rest + length.to_string().len();
            }
            pax.extend_from_slice(format!("{length} {key}={value}\n").as_bytes());
        };
        if item.path.len() > 100 {
            record("path", item.path);
        }
        if item.link.len() > 100 {
            record("linkpath", item.link);
        }
        for (name, value) in item.xattrs {
            record(&format!("SCHILY.xattr.{name}"), value);
        }
        if !pax.is_empty() {
            let header = Item {
                path: "pax",
                kind: b'x',
                ..Item::default()
            };
            self.raw(&header, &pax);
        }
        self.raw(item, item.content);
        self
    }

    /// Bytes as they are, for archives that are not archives.
    pub fn garbage(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn raw(&mut self, item: &Item<'_>, content: &[u8]) {
        let mut block = [0u8; 512];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        let short = |text: &str| text.as_bytes()[..text.len().min(100)].to_vec();
        put(0, &short(item.path));
        put(100, format!("{:07o}", item.mode).as_bytes());
        put(108, format!("{:07o}", item.owner.0).as_bytes());
        put(116, format!("{:07o}", item.owner.1).as_bytes());
        put(124, format!("{:011o}", content.len()).as_bytes());
        put(136, format!("{:011o}", item.mtime).as_bytes());
        put(148, b"        ");
        put(156, &[item.kind]);
        put(157, &short(item.link));
        put(257, b"ustar\x0000");
        if matches!(item.kind, b'3' | b'4') {
            put(329, format!("{:07o}", item.device.0).as_bytes());
            put(337, format!("{:07o}", item.device.1).as_bytes());
        }
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&block);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    pub fn build(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

/// How layers are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    pub fn pack(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Packing::Plain => bytes.to_vec(),
            Packing::Gzip => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(bytes)
                    .and_then(|()| gzip.finish())
                    .expect("a Vec takes all")
            }
            Packing::Zstd => zstd::encode_all(bytes, 1).expect("a Vec takes all"),
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Packing::Plain => "",
            Packing::Gzip => "+gzip",
            Packing::Zstd => "+zstd",
        }
    }
}

/// An image in the making.
#[derive(Clone)]
pub struct ImageBuilder {
    layers: Vec<(Vec<u8>, Packing)>,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
    env: Vec<String>,
    user: String,
    working_dir: String,
    more_config: String,
    arch: String,
    os: String,
}

/// An image as a registry would have it.
pub struct Built {
    pub manifest: Vec<u8>,
    pub config: Vec<u8>,
    /// Packed, with the digest of the packed form.
    pub layers: Vec<(Digest, Vec<u8>)>,
    pub diff_ids: Vec<Digest>,
}

impl Built {
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }
}

impl Default for ImageBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ImageBuilder {
    /// An image of no layers for this machine.
    pub fn new() -> Self {
        ImageBuilder {
            layers: Vec::new(),
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            env: vec!["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into()],
            user: String::new(),
            working_dir: String::new(),
            more_config: String::new(),
            arch: crate::Platform::here().arch,
            os: "linux".into(),
        }
    }

    /// The machine's `/bin/busybox` (Debian's busybox-static) under the names of its applets; runs `sh` if not told otherwise.
    pub fn busybox() -> Self {
        let busybox = std::fs::read("/bin/busybox").expect("Debian's busybox-static is installed");
        let applets = "sh ash cat chmod chown cp cut date dd df echo env false find grep head hostname id ifconfig ip kill ls \
            mkdir mknod more mount mv nc netstat nslookup ping printf ps pwd readlink rm rmdir route sed seq sleep sort stat stty sync \
            tail tar tee test touch tr true tty ulimit umount uname wc wget which whoami yes [ awk base64 basename expr free \
            httpd ln losetup nproc nsenter sha256sum sysctl timeout top unshare usleep xargs";
        let mut tar = TarBuilder::new();
        for dir in [
            "bin/", "dev/", "etc/", "home/", "proc/", "root/", "run/", "sys/", "usr/", "usr/bin/", "var/",
        ] {
            tar = tar.dir(dir, if dir == "root/" { 0o700 } else { 0o755 });
        }
        tar = tar.dir("tmp/", 0o1777).file("bin/busybox", 0o755, &busybox);
        for applet in applets.split_whitespace() {
            tar = tar.symlink(&format!("bin/{applet}"), "busybox");
        }
        let passwd = b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
        let group = b"root:x:0:\napp:x:1000:\nextra:x:1001:app\nnogroup:x:65534:\n";
        let tar = tar.file("etc/passwd", 0o644, passwd).file("etc/group", 0o644, group);
        ImageBuilder::new().layer(tar).cmd(&["sh"])
    }

    /// Adds a layer on top, packed with gzip.
    pub fn layer(self, tar: TarBuilder) -> Self {
        self.packed_layer(tar.build(), Packing::Gzip)
    }

    pub fn packed_layer(mut self, tar: Vec<u8>, packing: Packing) -> Self {
        self.layers.push((tar, packing));
        self
    }

    pub fn entrypoint(mut self, words: &[&str]) -> Self {
        self.entrypoint = words.iter().map(|w| w.to_string()).collect();
        self
    }

    pub fn cmd(mut self, words: &[&str]) -> Self {
        self.cmd = words.iter().map(|w| w.to_string()).collect();
        self
    }

    pub fn env(mut self, pair: &str) -> Self {
        self.env.push(pair.into());
        self
    }

    pub fn user(mut self, user: &str) -> Self {
        self.user = user.into();
        self
    }

    pub fn working_dir(mut self, dir: &str) -> Self {
        self.working_dir = dir.into();
        self
    }

    /// More members of the config as JSON, such as `"StopSignal":"SIGINT"`.
    pub fn config(mut self, json_members: &str) -> Self {
        self.more_config.push(',');
        self.more_config.push_str(json_members);
        self
    }

    pub fn platform(mut self, os: &str, arch: &str) -> Self {
        (self.os, self.arch) = (os.into(), arch.into());
        self
    }

    pub fn build(&self) -> Built {
        let diff_ids: Vec<Digest> = self.layers.iter().map(|(tar, _)| Digest::of(tar)).collect();
        let diffs: Vec<String> = diff_ids.iter().map(Digest::to_string).collect();
        let config = format!(
            r#"{{"architecture":{},"os":{},"config":{{"Entrypoint":{},"Cmd":{},"Env":{},"User":{},"WorkingDir":{}{}}},"rootfs":{{"type":"layers","diff_ids":{}}}}}"#,
            json(&self.arch),
            json(&self.os),
            json(&self.entrypoint),
            json(&self.cmd),
            json(&self.env),
            json(&self.user),
            json(&self.working_dir),
            self.more_config,
            json(&diffs),
        )
        .into_bytes();
        let layers: Vec<(Digest, Vec<u8>)> = self
            .layers
            .iter()
            .map(|(tar, packing)| packing.pack(tar))
            .map(|packed| (Digest::of(&packed), packed))
            .collect();
        let described: Vec<String> = std::iter::zip(&layers, &self.layers)
            .map(|((digest, packed), (_, packing))| {
                let kind = format!("application/vnd.oci.image.layer.v1.tar{}", packing.suffix());
                format!(
                    r#"{{"mediaType":"{kind}","digest":"{digest}","size":{}}}"#,
                    packed.len()
                )
            })
            .collect();
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[{}]}}"#,
            Digest::of(&config),
            config.len(),
            described.join(","),
        )
        .into_bytes();
        Built {
            manifest,
            config,
            layers,
            diff_ids,
        }
    }

    /// Writes what `docker save` writes.
    pub fn docker_archive(&self, to: &Path, name: &str) -> io::Result<Built> {
        let built = self.build();
        let mut tar = TarBuilder::new();
        let mut names = Vec::new();
        for (layer, diff) in self.layers.iter().zip(&built.diff_ids) {
            let file = format!("{}/layer.tar", diff.hex());
            tar = tar.file(&file, 0o644, &layer.0);
            names.push(file);
        }
        let config = format!("{}.json", Digest::of(&built.config).hex());
        let manifest = format!(
            r#"[{{"Config":"{config}","RepoTags":["{name}"],"Layers":{}}}]"#,
            json(&names)
        );
        tar = tar
            .file(&config, 0o644, &built.config)
            .file("manifest.json", 0o644, manifest.as_bytes());
        std::fs::write(to, tar.build())?;
        Ok(built)
    }

    /// Writes an OCI image layout as one archive.
    pub fn oci_archive(&self, to: &Path, name: &str) -> io::Result<Built> {
        let built = self.build();
        let mut tar = TarBuilder::new();
        for (path, content) in oci_files(&built, name) {
            tar = tar.file(&path, 0o644, &content);
        }
        std::fs::write(to, tar.build())?;
        Ok(built)
    }

    /// Writes an OCI image layout as a directory.
    pub fn oci_dir(&self, to: &Path, name: &str) -> io::Result<Built> {
        let built = self.build();
        std::fs::create_dir_all(to.join("blobs/sha256"))?;
        for (path, content) in oci_files(&built, name) {
            std::fs::write(to.join(path), content)?;
        }
        Ok(built)
    }
}

fn oci_files(built: &Built, name: &str) -> Vec<(String, Vec<u8>)> {
    let blob = |content: &[u8]| (format!("blobs/sha256/{}", Digest::of(content).hex()), content.to_vec());
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"{name}"}}}}]}}"#,
        built.digest(),
        built.manifest.len(),
    );
    let mut files: Vec<(String, Vec<u8>)> = built.layers.iter().map(|(_, packed)| blob(packed)).collect();
    files.extend([blob(&built.manifest), blob(&built.config)]);
    files.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
    files.push(("index.json".into(), index.into_bytes()));
    files
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("strings and lists of them are JSON")
}
