//! Pulling from Debian's docker-registry, pushed to by skopeo.

#![allow(clippy::unwrap_used)] // all of this file is test

mod common;

use base::Secret;
use common::{Place, impatient};
use images::testing::{ImageBuilder, Packing, TarBuilder};
use images::{Credentials, Want};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Registry {
    child: Child,
    address: SocketAddr,
}

impl Registry {
    async fn start(place: &Place, auth: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\n\
             http:\n  addr: {address}\n{auth}",
            place.join("registry").display()
        );
        std::fs::write(place.join("config.yml"), config).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(place.join("config.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Registry { child, address };
        for _ in 0..1000 {
            if TcpStream::connect(address).is_ok() {
                return registry;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the registry does not answer");
    }

    fn push(&self, place: &Place, image: &ImageBuilder, name: &str, more: &[&str]) -> images::Digest {
        let layout = place.join("layout");
        let _ = std::fs::remove_dir_all(&layout); // of the last push
        let built = image.oci_dir(&layout, "x").unwrap();
        let done = Command::new("skopeo")
            .args(["copy", "--insecure-policy", "--dest-tls-verify=false"])
            .args(more)
            .arg(format!("oci:{}:x", layout.display()))
            .arg(format!("docker://{}/{name}", self.address))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        built.digest()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
    }
}

fn image() -> ImageBuilder {
    ImageBuilder::busybox().packed_layer(TarBuilder::new().file("motd", 0o644, b"hello").build(), Packing::Zstd)
}

#[tokio::test]
#[ignore = "needs root"]
async fn anybody_may_pull() {
    let place = Place::new();
    let registry = Registry::start(&place, "").await;
    let digest = registry.push(&place, &image(), "team/app:v1", &[]);
    let images = place.images_with(impatient());
    let reference = format!("{}/team/app:v1", registry.address);
    let pulled = images.ensure(Want::new(&reference)).await.unwrap();
    assert_eq!(pulled.digest, digest);
    assert_eq!(std::fs::read(pulled.layers[1].join("motd")).unwrap(), b"hello");
    let run = Command::new("chroot")
        .arg(&pulled.layers[0])
        .args(["/bin/echo", "it runs"])
        .output()
        .unwrap();
    assert_eq!(run.stdout, b"it runs\n");
    for absent in ["team/app:v2", "team/other:v1"] {
        let absent = format!("{}/{absent}", registry.address);
        let error = images.ensure(Want::new(&absent)).await.unwrap_err();
        assert!(
            error
                .reason()
                .ends_with(&format!("failed to resolve ref {absent}: {absent}: not found")),
            "{}",
            error.reason()
        );
    }
    // Docker's own format.
    let gzip_only = ImageBuilder::busybox();
    registry.push(&place, &gzip_only, "team/app:docker", &["--format", "v2s2"]);
    let reference = format!("{}/team/app:docker", registry.address);
    assert_eq!(
        images.ensure(Want::new(&reference)).await.unwrap().layers,
        pulled.layers[..1]
    );
}

#[tokio::test]
#[ignore = "needs root"]
async fn only_who_has_the_password_may_pull() {
    let place = Place::new();
    // "me" and "secret", by bcrypt with the least rounds.
    std::fs::write(
        place.join("htpasswd"),
        "me:$2y$05$gantrygantrygantrygan.TrMJonbjV63H65iqWpM.VpF.UFi/0a6\n",
    )
    .unwrap();
    let auth = format!(
        "auth:\n  htpasswd:\n    realm: test\n    path: {}\n",
        place.join("htpasswd").display()
    );
    let registry = Registry::start(&place, &auth).await;
    let digest = registry.push(&place, &image(), "app:1", &["--dest-creds", "me:secret"]);
    let images = place.images_with(impatient());
    let reference = format!("{}/app:1", registry.address);
    let ensure = async |password: Option<&str>| {
        let credentials = password.map(|password| Credentials {
            user: "me".into(),
            password: Secret::new(password.into()),
        });
        let want = Want {
            credentials,
            ..Want::new(&reference)
        };
        images.ensure(want).await
    };
    for refused in [None, Some("wrong")] {
        let reason = ensure(refused).await.unwrap_err().reason();
        let expected = format!(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {reference}: \
             unexpected status code [manifests 1]: 401 Unauthorized"
        );
        assert!(reason.starts_with(&expected), "{reason}");
    }
    assert_eq!(ensure(Some("secret")).await.unwrap().digest, digest);
}
