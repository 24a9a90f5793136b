//! etcd under the same load, by the least that gRPC asks for: what the client costs is not the server's to bear.
//!
//! Starts `etcd` (Debian: etcd-server) on a directory, puts values of the same size by as many clients, and measures
//! the CPU of the server alone. Fsync is as etcd has it by default: on.

use crate::cpu;
use base::{Dice, SeededDice};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Figures {
    pub puts: f64,
    pub cpu: Duration,
    pub took: Duration,
    /// Microseconds, sorted.
    pub waits: Vec<u32>,
}

/// `None` when there is no etcd here. `clients` share `connections`.
pub fn puts(dir: &Path, clients: u64, connections: u64, keys: u64, value: usize, time: Duration) -> Option<Figures> {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("there is a free port")
        .port();
    let peers = TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("there is a free port")
        .port();
    let (url, peer_url) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peers}"));
    let etcd = Command::new("etcd")
        .args(["--log-level", "error", "--data-dir"])
        .arg(dir)
        .args(["--listen-client-urls", &url, "--advertise-client-urls", &url])
        .args([
            "--listen-peer-urls",
            &peer_url,
            "--initial-advertise-peer-urls",
            &peer_url,
        ])
        .args(["--initial-cluster", &format!("default={peer_url}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let etcd = Killed(etcd.ok()?);
    let begin = Instant::now();
    let mut probe = loop {
        match Connection::open(port) {
            Ok(probe) => break probe,
            Err(e) => assert!(begin.elapsed() < Duration::from_secs(20), "etcd does not answer: {e}"),
        }
        std::thread::yield_now();
    };
    while probe
        .put_all(1, &mut |_| Some((b"probe".to_vec(), Vec::new())), 1)
        .is_err()
    {
        assert!(begin.elapsed() < Duration::from_secs(20), "etcd does not answer");
        probe = Connection::open(port).expect("it did before");
    }
    let pid = etcd.0.id().to_string();
    let (begin, cpu) = (Instant::now(), cpu::of_process(&pid));
    let workers: Vec<_> = (0..connections)
        .map(|worker| {
            std::thread::spawn(move || {
                let dice = SeededDice::new(worker);
                let mut connection = Connection::open(port).expect("etcd takes connections");
                let next = |begin: Instant| {
                    let key = format!("default/{:032x}", crate::spread(dice.below(keys)));
                    (begin.elapsed() < time).then(|| (key.into_bytes(), vec![worker as u8; value]))
                };
                connection
                    .put_all(clients / connections, &mut |_| next(begin), u64::MAX)
                    .expect("etcd answers")
            })
        })
        .collect();
    let mut waits: Vec<u32> = workers
        .into_iter()
        .flat_map(|w| w.join().expect("a client ends"))
        .collect();
    waits.sort_unstable();
    let cpu = cpu::of_process(&pid) - cpu;
    Some(Figures {
        puts: waits.len() as f64,
        cpu,
        took: begin.elapsed(),
        waits,
    })
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// As much of HTTP/2 as a client needs that trusts its server.
struct Connection {
    tcp: TcpStream,
    received: Vec<u8>,
    stream: u32,
    /// Bytes of bodies that the server is ready to take.
    window: i64,
    headers: Vec<u8>,
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const WINDOW: u8 = 8;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

impl Connection {
    fn open(port: u16) -> io::Result<Self> {
        let mut tcp = TcpStream::connect(("127.0.0.1", port))?;
        tcp.set_nodelay(true)?;
        let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        frame(&mut hello, SETTINGS, 0, 0, &[]);
        frame(&mut hello, WINDOW, 0, 0, &0x7000_0000u32.to_be_bytes());
        tcp.write_all(&hello)?;
        // Literal headers, so that nobody has to remember anything.
        let mut headers = vec![0x83, 0x86];
        let mut literal = |start: &[u8], texts: &[&str]| {
            headers.extend_from_slice(start);
            for text in texts {
                headers.push(text.len() as u8);
                headers.extend_from_slice(text.as_bytes());
            }
        };
        literal(&[0x04], &["/etcdserverpb.KV/Put"]);
        literal(&[0x01], &["127.0.0.1"]);
        literal(&[0x0f, 0x10], &["application/grpc"]);
        literal(&[0x00], &["te", "trailers"]);
        Ok(Connection {
            tcp,
            received: Vec::new(),
            stream: 1,
            window: 65_535,
            headers,
        })
    }

    /// Keeps so many puts under way until `next` has no more, or `most` are done; answers with how long each took.
    fn put_all(
        &mut self,
        under_way: u64,
        next: &mut dyn FnMut(u64) -> Option<(Vec<u8>, Vec<u8>)>,
        most: u64,
    ) -> io::Result<Vec<u32>> {
        let mut waits = Vec::new();
        let mut begun: Vec<(u32, Instant, bool)> = Vec::new();
        let (mut out, mut started, mut more) = (Vec::new(), 0, true);
        loop {
            while more && started < most && begun.len() < under_way as usize && self.window > 4096 {
                let Some((key, value)) = next(started) else {
                    more = false;
                    break;
                };
                started += 1;
                let body = put_request(&key, &value);
                frame(&mut out, HEADERS, END_HEADERS, self.stream, &self.headers);
                frame(&mut out, DATA, END_STREAM, self.stream, &body);
                self.window -= body.len() as i64;
                begun.push((self.stream, Instant::now(), false));
                self.stream += 2;
            }
            if begun.is_empty() && (!more || started == most) {
                return Ok(waits);
            }
            self.tcp.write_all(&out)?;
            out.clear();
            self.receive(&mut out, &mut begun, &mut waits)?;
        }
    }

    fn receive(
        &mut self,
        out: &mut Vec<u8>,
        begun: &mut Vec<(u32, Instant, bool)>,
        waits: &mut Vec<u32>,
    ) -> io::Result<()> {
        let mut chunk = [0; 16 << 10];
        let len = self.tcp.read(&mut chunk)?;
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.received.extend_from_slice(&chunk[..len]);
        let mut at = 0;
        while let Some(head) = self.received.get(at..at + 9) {
            let len = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let (kind, flags) = (head[3], head[4]);
            let stream = u32::from_be_bytes(head[5..9].try_into().expect("four bytes"));
            let Some(body) = self.received.get(at + 9..at + 9 + len) else {
                break;
            };
            at += 9 + len;
            match kind {
                SETTINGS if flags & ACK == 0 => frame(out, SETTINGS, ACK, 0, &[]),
                PING if flags & ACK == 0 => frame(out, PING, ACK, 0, body),
                WINDOW if stream == 0 => {
                    self.window += i64::from(u32::from_be_bytes(body.try_into().expect("four bytes")));
                }
                RESET | GO_AWAY => return Err(io::ErrorKind::ConnectionReset.into()),
                DATA | HEADERS => {
                    let place = begun
                        .iter()
                        .position(|(s, ..)| *s == stream)
                        .expect("only what was asked is answered");
                    begun[place].2 |= kind == DATA && len > 5;
                    if flags & END_STREAM != 0 {
                        let (_, begin, answered) = begun.swap_remove(place);
                        if !answered {
                            return Err(io::Error::other("a put failed"));
                        }
                        waits.push(begin.elapsed().as_micros() as u32);
                    }
                }
                _ => {}
            }
        }
        self.received.drain(..at);
        Ok(())
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, body: &[u8]) {
    out.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(body);
}

/// A length-prefixed `PutRequest`: field 1 is the key, field 2 the value.
fn put_request(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(key.len() + value.len() + 16);
    for (field, bytes) in [(0x0a, key), (0x12, value)] {
        message.push(field);
        let mut len = bytes.len();
        while len >= 0x80 {
            message.push(len as u8 | 0x80);
            len >>= 7;
        }
        message.push(len as u8);
        message.extend_from_slice(bytes);
    }
    let mut framed = vec![0];
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(&message);
    framed
}
