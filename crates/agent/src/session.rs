//! The node's end of its session with the server: says hello, hears assignments, tells what was seen. When a session
//! ends another is opened, for as long as the node lives; containers never notice.

use crate::node::{Ear, Told};
use crate::outbox::Outbox;
use link::{Answer, Broken, Down, Frames, Hello, Purpose, Question, Up, Welcome};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};

/// How long the server may take to answer a hello.
const WELCOME_WITHIN: Duration = Duration::from_secs(10);

/// How long until the next attempt, at first and at most.
const AGAIN_FIRST: Duration = Duration::from_millis(100);
const AGAIN_MOST: Duration = Duration::from_secs(10);

/// Opens streams to the server.
pub trait Connect: Send + Sync + 'static {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    fn connect(&self) -> impl Future<Output = Result<Self::Stream, std::io::Error>> + Send;
}

/// A question of a container, and where the answer goes.
pub type Asked = (Question, oneshot::Sender<Answer>);

/// Who this node is: what it says in its hellos, and what it learned from the last welcome.
#[derive(Clone, Debug)]
pub struct Identity {
    hello: Arc<Mutex<Hello>>,
    welcome: Arc<watch::Sender<Option<Welcome>>>,
}

impl Identity {
    pub fn new(hello: Hello) -> Identity {
        Identity {
            hello: Arc::new(Mutex::new(hello)),
            welcome: Arc::new(watch::Sender::new(None)),
        }
    }

    /// What the server says of this node, once it has said it.
    pub fn welcome(&self) -> watch::Receiver<Option<Welcome>> {
        self.welcome.subscribe()
    }

    pub fn hello(&self, purpose: Purpose) -> Hello {
        let hello = self.hello.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Hello {
            purpose: Some(purpose),
            ..hello.clone()
        }
    }

    fn welcomed(&self, welcome: Welcome) {
        let mut hello = self.hello.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        hello.node = Some(welcome.node.clone());
        drop(hello);
        self.welcome.send_replace(Some(welcome));
    }
}

/// Why a session ended.
#[derive(Debug)]
pub enum Parted {
    Broken(Broken),
    /// The server will not have this node.
    Refused(String),
    /// It said nothing, or something else than a welcome.
    NoWelcome,
    /// An assignment did not fit what the node has.
    StartOver,
}

/// Holds one session after the other until `stopped` says so.
pub async fn stay<C: Connect>(
    connect: C,
    identity: Identity,
    ear: Ear,
    outbox: Arc<Outbox>,
    mut questions: mpsc::Receiver<Asked>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut pause = AGAIN_FIRST;
    let mut complained = None;
    while !*stopped.borrow() {
        let session = async {
            let stream = connect.connect().await.map_err(|error| Parted::Broken(error.into()))?;
            let mut welcomed = false;
            let parted = hold(stream, &identity, &ear, &outbox, &mut questions, &mut welcomed).await;
            Ok::<_, Parted>((parted, welcomed))
        };
        let ended = tokio::select! {
            ended = session => ended,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        outbox.hung_up();
        let (parted, welcomed) = ended.unwrap_or_else(|parted| (parted, false));
        if welcomed {
            (pause, complained) = (AGAIN_FIRST, None);
        }
        // Once for each thing that is wrong, however often it is tried.
        let why = parted.to_string();
        if complained.as_ref() != Some(&why) {
            tracing::warn!(
                why,
                "the session with the server ended; containers go on, and it is tried again"
            );
            complained = Some(why);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => break,
        }
        pause = (pause * 2).min(AGAIN_MOST);
    }
}

/// One session, to its end.
async fn hold<S: AsyncRead + AsyncWrite + Send + Unpin>(
    stream: S,
    identity: &Identity,
    ear: &Ear,
    outbox: &Outbox,
    questions: &mut mpsc::Receiver<Asked>,
    welcomed: &mut bool,
) -> Parted {
    let (read, write) = tokio::io::split(stream);
    let (mut down, mut up) = (Frames::new(read), Frames::new(write));
    let welcome = match introduce(&mut down, &mut up, identity, Purpose::Control).await {
        Ok(welcome) => welcome,
        Err(parted) => return parted,
    };
    *welcomed = true;
    let beat = Duration::from_millis(welcome.beat_every_ms.max(10));
    let vpc = welcome.vpc.clone();
    identity.welcomed(welcome);
    drop(ear.send(Told::Connected(vpc)));
    let asked: Mutex<BTreeMap<u64, oneshot::Sender<Answer>>> = Mutex::default();
    let broken = tokio::select! {
        broken = hear(&mut down, ear, outbox, &asked) => broken,
        broken = tell(&mut up, outbox, questions, &asked, beat) => broken,
        () = outbox.must_start_over() => return Parted::StartOver,
    };
    Parted::Broken(broken)
}

pub(crate) async fn introduce<R, W>(
    down: &mut Frames<R>,
    up: &mut Frames<W>,
    identity: &Identity,
    purpose: Purpose,
) -> Result<Welcome, Parted>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    up.send(&Up::Hello(Box::new(identity.hello(purpose)))).await?;
    match tokio::time::timeout(WELCOME_WITHIN, down.receive()).await {
        Ok(Ok(Down::Welcome(welcome))) => Ok(welcome),
        Ok(Ok(Down::Refused(why))) => Err(Parted::Refused(why)),
        Ok(Err(broken)) => Err(broken.into()),
        Ok(Ok(_)) | Err(_) => Err(Parted::NoWelcome),
    }
}

async fn hear<R: AsyncRead + Unpin>(
    down: &mut Frames<R>,
    ear: &Ear,
    outbox: &Outbox,
    asked: &Mutex<BTreeMap<u64, oneshot::Sender<Answer>>>,
) -> Broken {
    loop {
        match down.receive().await {
            Ok(Down::Assign(assign)) => drop(ear.send(Told::Assign(assign))),
            Ok(Down::Ack(upto)) => drop(ear.send(Told::Acknowledged(outbox.acknowledged(upto)))),
            Ok(Down::Answer(id, answer)) => {
                let waits = asked
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner())
                    .remove(&id);
                if let Some(waits) = waits {
                    drop(waits.send(answer));
                }
            }
            Ok(Down::Welcome(_) | Down::Refused(_) | Down::LogAck(..)) => {}
            Err(broken) => return broken,
        }
    }
}

async fn tell<W: AsyncWrite + Unpin>(
    up: &mut Frames<W>,
    outbox: &Outbox,
    questions: &mut mpsc::Receiver<Asked>,
    asked: &Mutex<BTreeMap<u64, oneshot::Sender<Answer>>>,
    beat: Duration,
) -> Broken {
    let mut id = 0;
    loop {
        let message = tokio::select! {
            biased;
            (sequence, reports) = outbox.take() => Up::Report(sequence, reports),
            Some((question, answer)) = questions.recv() => {
                id += 1;
                let mut asked = asked.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                asked.retain(|_, waits| !waits.is_closed());
                asked.insert(id, answer);
                Up::Ask(id, question)
            }
            () = tokio::time::sleep(beat) => Up::Beat,
        };
        if let Err(broken) = up.send(&message).await {
            return broken;
        }
    }
}

impl From<Broken> for Parted {
    fn from(broken: Broken) -> Self {
        Parted::Broken(broken)
    }
}

impl fmt::Display for Parted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Parted::Broken(Broken::Io(error)) => write!(f, "the stream failed: {error}"),
            Parted::Broken(broken) => broken.fmt(f),
            Parted::Refused(why) => write!(f, "the server refuses this node: {why}"),
            Parted::StartOver => f.write_str("an assignment does not fit what this node has"),
            Parted::NoWelcome => f.write_str("the server does not answer as one"),
        }
    }
}
