//! How TCP sockets between machines are set.

use rustix::net::sockopt;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long sent bytes may stay unacknowledged, or a quiet connection unanswered. Without it a machine that vanishes
/// is noticed after a quarter of an hour; both ends of a session give up after about as long as each other.
const GONE_AFTER: Duration = Duration::from_secs(20);
const ASK_EVERY: Duration = Duration::from_secs(5);

/// Makes a connection notice when the other machine is gone, and send small messages at once.
pub fn tune(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, ASK_EVERY)?;
    sockopt::set_tcp_keepintvl(stream, ASK_EVERY)?;
    sockopt::set_tcp_user_timeout(stream, u32::try_from(GONE_AFTER.as_millis()).expect("it is short"))?;
    Ok(())
}
