//! A stage for tests with real packets: the calling thread gets network and mount namespaces of its own, with an
//! uplink to an "outside" that has an address and nothing else. All of it ends with the process, however it ends.
#![allow(unsafe_code)] // Namespaces are left and joined by threads that do nothing else.
#![allow(dead_code, clippy::unwrap_used)] // Each test file uses its part, and is a test throughout.

use network::{Attach, Mode, Network, PortWish, Protocol, Settings, Subnet};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The host's address on its uplink, and that of the one machine outside.
pub const HOST: &str = "198.51.100.2";
pub const OUTSIDE: &str = "198.51.100.1";
pub const METADATA: &str = "169.254.170.2:80";
pub const AGENT_PORT: u16 = 51679;
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Stage {
    pub dir: PathBuf,
    pub outside: Place,
}

/// A network namespace that threads can be sent into.
pub struct Place(File);

impl Stage {
    pub fn set() -> Stage {
        // SAFETY: moves this thread alone; the table of files stays shared.
        unsafe { unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWNS) }.expect("these tests need root");
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
        // The thread's id, as every test of a process has a stage of its own.
        let thread = rustix::thread::gettid().as_raw_pid();
        let dir = std::env::temp_dir().join(format!("gantry-network-{thread}"));
        fs::create_dir_all(&dir).unwrap();
        mount("tmpfs", &dir, "tmpfs", MountFlags::empty(), None).unwrap();
        let stage = Stage {
            dir,
            outside: Place::new(),
        };
        run("ip link set lo up");
        // A new namespace has it as the machine has it at that moment.
        fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
        stage.outside.uplink("up0", HOST, OUTSIDE);
        run(&format!("ip route add default via {OUTSIDE}"));
        stage
    }

    pub fn settings(&self) -> Settings {
        settings(&self.dir)
    }

    pub fn open(&self) -> Network {
        Network::open(self.settings()).unwrap()
    }
}

pub fn settings(dir: &Path) -> Settings {
    let subnet = |id: &str, cidr: &str, gateway: &str| Subnet {
        id: id.into(),
        cidr: cidr.parse().unwrap(),
        gateway: gateway.parse().unwrap(),
    };
    Settings {
        instance: "t1".into(),
        dir: dir.join("network"),
        bridge_cidr: None,
        subnets: vec![
            subnet("subnet-a", "172.31.0.0/20", "172.31.0.1"),
            subnet("subnet-b", "172.31.16.0/20", "172.31.16.1"),
        ],
        metadata: format!("127.0.0.1:{AGENT_PORT}").parse().unwrap(),
        guarded_ports: vec![4580],
        dynamic_ports: Some(40000..=40099),
        tunnel: false,
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The folder below the tmpfs is on the machine's own disk.
        let _ = rustix::mount::unmount(&self.dir, rustix::mount::UnmountFlags::DETACH);
        let _ = fs::remove_dir(&self.dir);
    }
}

impl Place {
    pub fn new() -> Place {
        let thread = std::thread::spawn(|| {
            // SAFETY: moves this thread alone, which ends here.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }.unwrap();
            Place(File::open("/proc/thread-self/ns/net").unwrap())
        });
        thread.join().unwrap()
    }

    pub fn at(path: &Path) -> Place {
        Place(File::open(path).unwrap())
    }

    /// Where the calling thread is.
    pub fn here() -> Place {
        Place(File::open("/proc/thread-self/ns/net").unwrap())
    }

    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                work()
            });
            thread.join().unwrap()
        })
    }

    /// Joins this place to where the calling thread is.
    pub fn uplink(&self, name: &str, here: &str, there: &str) {
        let place = format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd());
        run(&format!("ip link add {name} type veth peer name far0 netns {place}"));
        run(&format!("ip addr add {here}/24 dev {name} && ip link set {name} up"));
        self.run(|| {
            run(&format!(
                "ip link set lo up && ip addr add {there}/24 dev far0 && ip link set far0 up"
            ))
        });
    }

    /// Answers every connection with `name` and the caller's address.
    pub fn serve(&self, address: &str, name: &str) -> Server {
        let listener = self.run(|| TcpListener::bind(address).unwrap());
        let (socket, name) = (listener.try_clone().unwrap(), name.to_owned());
        let thread = std::thread::spawn(move || {
            while let Ok((mut stream, caller)) = listener.accept() {
                let _ = write!(stream, "{name} {}", caller.ip());
            }
        });
        let stop = move || rustix::net::shutdown(&socket, rustix::net::Shutdown::Both).unwrap_or_default();
        Server(Some((Box::new(stop), thread)))
    }

    /// The same for every packet.
    pub fn serve_udp(&self, address: &str, name: &str) -> Server {
        let socket = self.run(|| UdpSocket::bind(address).unwrap());
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let (name, stopped) = (name.to_owned(), Arc::new(AtomicBool::new(false)));
        let stop = stopped.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Ok((_, caller)) = socket.recv_from(&mut [0; 64]) {
                    let _ = socket.send_to(format!("{name} {}", caller.ip()).as_bytes(), caller);
                }
            }
        });
        Server(Some((Box::new(move || stop.store(true, Ordering::Relaxed)), thread)))
    }

    pub fn call(&self, address: &str) -> io::Result<String> {
        let address: SocketAddr = address.parse().unwrap();
        self.run(|| {
            let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        })
    }

    /// Whether a connection is refused, or its packets dropped. An answer is neither.
    pub fn is_shut(&self, address: &str) -> bool {
        let address: SocketAddr = address.parse().unwrap();
        self.run(|| TcpStream::connect_timeout(&address, Duration::from_millis(300)).is_err())
    }

    pub fn is_refused(&self, address: &str) -> bool {
        self.call(address)
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    }

    pub fn udp(&self, bind: &str) -> UdpSocket {
        let socket = self.run(|| UdpSocket::bind(bind).unwrap());
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    }
}

pub fn ask_udp(socket: &UdpSocket, address: &str) -> io::Result<String> {
    socket.send_to(b"?", address)?;
    let mut answer = [0; 64];
    let length = socket.recv(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

/// Stops when it is dropped, so that nothing of it keeps a namespace.
pub struct Server(Option<(Stop, JoinHandle<()>)>);

type Stop = Box<dyn FnOnce()>;

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            stop();
            let _ = thread.join();
        }
    }
}

/// Runs a command in the calling thread's namespaces.
pub fn run(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn bridge(id: &str, ports: &[PortWish]) -> Attach {
    Attach {
        id: id.into(),
        mode: Mode::Bridge,
        ports: ports.to_vec(),
    }
}

pub fn vpc(id: &str, subnet: &str) -> Attach {
    let mode = Mode::Vpc {
        subnet: subnet.into(),
        address: None,
        mac: None,
    };
    Attach {
        id: id.into(),
        mode,
        ports: vec![],
    }
}

pub fn tcp(host_port: u16, container_port: u16) -> PortWish {
    PortWish {
        container_port,
        host_port,
        protocol: Protocol::Tcp,
        host_ip: None,
    }
}

pub fn udp(host_port: u16, container_port: u16) -> PortWish {
    PortWish {
        protocol: Protocol::Udp,
        ..tcp(host_port, container_port)
    }
}

/// Where an attachment is, and its address.
pub fn inside(attachment: &network::Attachment) -> (Place, String) {
    let place = Place::at(attachment.netns.as_deref().unwrap());
    (
        place,
        attachment
            .link
            .as_ref()
            .map_or(String::new(), |link| link.address.to_string()),
    )
}
