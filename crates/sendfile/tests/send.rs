//! What arrives is what is in the file, wherever windows begin and end, and whoever is slow.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use sendfile::{Window, Wire, load};
use std::fs::File;
use std::io::{IoSlice, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A file that is gone by name, and its content.
fn file(name: &str, bytes: usize) -> (Arc<File>, Vec<u8>) {
    let path: PathBuf = std::env::temp_dir().join(format!("gantry-sendfile-{}-{name}", std::process::id()));
    let content: Vec<u8> = (0..bytes).map(|i| (i * 31 + i / 251) as u8).collect();
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(&content).unwrap();
    (Arc::new(file), content)
}

async fn pair() -> (Wire, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (Wire::new(listener.accept().await.unwrap().0), client)
}

/// Writes all of these as a library would: as many at once as it has.
async fn write_all(wire: &mut Wire, mut parts: Vec<Bytes>) {
    while !parts.is_empty() {
        let written = std::future::poll_fn(|cx| {
            let slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
            Pin::new(&mut *wire).poll_write_vectored(cx, &slices)
        });
        let mut written = written.await.unwrap();
        while let Some(first) = parts.first_mut() {
            if written < first.len() {
                *first = first.slice(written..);
                break;
            }
            written -= first.len();
            parts.remove(0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_arrive_among_other_bytes() {
    const BYTES: usize = 9_000_001;
    let (file, content) = file("among", BYTES);
    let (mut wire, mut client) = pair().await;
    let window = Window::open(Arc::clone(&file), 5000, BYTES - 5000).unwrap();
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        all
    });
    let parts = vec![
        Bytes::from_static(b"head"),
        window.bytes(0, 100_000),
        Bytes::new(),
        window.bytes(100_000, 8_000_000),
        Bytes::from_static(b"between"),
        window.bytes(window.len() - 1, 1),
        Bytes::from_static(b"tail"),
    ];
    drop(window);
    write_all(&mut wire, parts).await;
    wire.shutdown().await.unwrap();
    let expected = [
        b"head",
        &content[5000..8_105_000],
        b"between",
        &content[BYTES - 1..],
        b"tail",
    ]
    .concat();
    assert!(reading.await.unwrap() == expected);
}

#[tokio::test]
async fn a_window_is_the_file_to_whoever_looks() {
    let (file, content) = file("look", 20_000);
    let window = Window::open(Arc::clone(&file), 4097, 10_000).unwrap();
    let bytes = window.bytes(10, 500);
    load(&file, 4097, 10_000).unwrap();
    assert!(window.is_loaded(0, 10_000) && window.is_loaded(9_999, 1));
    assert_eq!(window.place(10).1, 4107);
    drop(window);
    assert_eq!(bytes, content[4107..4607]);
    assert_eq!(bytes.slice(100..), content[4207..4607]);
}

#[test]
fn there_is_no_window_beyond_the_end() {
    let (file, _) = file("end", 100);
    for (from, len) in [(0, 0), (0, 101), (100, 1), (u64::MAX, 1)] {
        assert!(Window::open(Arc::clone(&file), from, len).is_err(), "{from} {len}");
    }
    assert!(load(&file, 0, 101).is_err());
}
