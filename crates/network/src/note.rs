//! Notes: a few lines for each attachment, so that it can be found, judged and released by whoever comes after a crash.
//!
//! A note is written before anything is made (`<id>~`) and renamed when all is made (`<id>`). It need not be
//! durable: what it speaks of is gone after a power loss, too.

use crate::{Attachment, Error, Link, Mac, Mode, PortBinding, Protocol};
use std::fmt::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// No id contains it.
const MAKING: char = '~';

pub struct Notes {
    dir: PathBuf,
}

/// What a note says; `None` for one that cannot be read.
pub struct Note {
    pub id: String,
    pub finished: bool,
    pub attachment: Option<Attachment>,
}

impl Notes {
    pub fn open(dir: &Path) -> Result<Notes, Error> {
        let dir = dir.join("attachments");
        fs::create_dir_all(&dir).map_err(Error::file(&dir))?;
        Ok(Notes { dir })
    }

    fn making(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}{MAKING}"))
    }

    pub fn begin(&self, attachment: &Attachment) -> Result<(), Error> {
        let path = self.making(&attachment.id);
        fs::write(&path, write(attachment)).map_err(Error::file(&path))
    }

    pub fn finish(&self, id: &str) -> Result<(), Error> {
        let path = self.making(id);
        fs::rename(&path, self.dir.join(id)).map_err(Error::file(&path))
    }

    pub fn remove(&self, id: &str) -> Result<(), Error> {
        for path in [self.making(id), self.dir.join(id)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file(&path)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    pub fn all(&self, netns: &Path) -> Result<Vec<Note>, Error> {
        let entries = fs::read_dir(&self.dir).map_err(Error::file(&self.dir))?;
        let mut notes = Vec::new();
        for entry in entries {
            let entry = entry.map_err(Error::file(&self.dir))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = name.strip_suffix(MAKING).unwrap_or(&name).to_owned();
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            notes.push(Note {
                finished: id == name,
                attachment: read(&id, &text, netns),
                id,
            });
        }
        Ok(notes)
    }
}

fn write(attachment: &Attachment) -> String {
    let mut text = String::new();
    let mut line = |args: std::fmt::Arguments<'_>| writeln!(text, "{args}").expect("a String takes everything");
    match &attachment.mode {
        Mode::Host => line(format_args!("host")),
        Mode::None => line(format_args!("none")),
        Mode::Bridge => line(format_args!("bridge")),
        Mode::Vpc { subnet, address, mac } => {
            let address = address.map_or("-".to_owned(), |address| address.to_string());
            let mac = mac.map_or("-".to_owned(), |mac| mac.to_string());
            line(format_args!("vpc {address} {mac} {subnet}"));
        }
    }
    if let Some(link) = &attachment.link {
        let Link {
            interface,
            address,
            prefix,
            gateway,
            mac,
            host_interface,
        } = link;
        line(format_args!(
            "link {interface} {address} {prefix} {gateway} {mac} {host_interface}"
        ));
    }
    for binding in &attachment.bindings {
        let PortBinding {
            container_port,
            host_port,
            protocol,
            host_ip,
        } = binding;
        line(format_args!("port {protocol} {host_ip} {host_port} {container_port}"));
    }
    line(format_args!("end"));
    text
}

fn read(id: &str, text: &str, netns: &Path) -> Option<Attachment> {
    let (mut mode, mut link, mut bindings, mut ended) = (None, None, Vec::new(), false);
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["none"] => mode = Some(Mode::None),
            ["bridge"] => mode = Some(Mode::Bridge),
            ["vpc", address, mac, ..] => {
                mode = Some(Mode::Vpc {
                    subnet: line.splitn(4, ' ').nth(3)?.to_owned(),
                    address: optional(address)?,
                    mac: optional(mac)?,
                });
            }
            ["link", interface, address, prefix, gateway, mac, host_interface] => {
                link = Some(Link {
                    interface: (*interface).to_owned(),
                    address: address.parse().ok()?,
                    prefix: prefix.parse().ok()?,
                    gateway: gateway.parse().ok()?,
                    mac: mac.parse::<Mac>().ok()?,
                    host_interface: (*host_interface).to_owned(),
                });
            }
            ["port", protocol, host_ip, host_port, container_port] => bindings.push(PortBinding {
                container_port: container_port.parse().ok()?,
                host_port: host_port.parse().ok()?,
                protocol: match *protocol {
                    "tcp" => Protocol::Tcp,
                    "udp" => Protocol::Udp,
                    _ => return None,
                },
                host_ip: host_ip.parse::<Ipv4Addr>().ok()?,
            }),
            ["end"] => ended = true,
            _ => return None,
        }
    }
    ended.then_some(Attachment {
        id: id.to_owned(),
        mode: mode?,
        netns: Some(netns.join(id)),
        link,
        bindings,
    })
}

fn optional<T: std::str::FromStr>(word: &str) -> Option<Option<T>> {
    if word == "-" {
        Some(None)
    } else {
        word.parse().ok().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_again_what_it_was_told_and_half_a_note_says_nothing() {
        let attachment = Attachment {
            id: "task-web".into(),
            mode: Mode::Vpc {
                subnet: "subnet 0a".into(),
                address: None,
                mac: Some(Mac([2, 0, 0, 0, 0, 1])),
            },
            netns: Some("/run/netns/task-web".into()),
            link: Some(Link {
                interface: "eth0".into(),
                address: Ipv4Addr::new(172, 31, 0, 9),
                prefix: 20,
                gateway: Ipv4Addr::new(172, 31, 0, 1),
                mac: Mac([2, 0, 0, 0, 0, 1]),
                host_interface: "gtyxac1f0009".into(),
            }),
            bindings: vec![PortBinding {
                container_port: 53,
                host_port: 32768,
                protocol: Protocol::Udp,
                host_ip: Ipv4Addr::LOCALHOST,
            }],
        };
        let text = write(&attachment);
        let netns = Path::new("/run/netns");
        assert_eq!(read("task-web", &text, netns), Some(attachment));
        for cut in 0..text.len() - 1 {
            assert_eq!(read("task-web", &text[..cut], netns), None, "{}", &text[..cut]);
        }
    }
}
