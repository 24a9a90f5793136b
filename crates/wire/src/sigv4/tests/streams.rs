//! Bodies in chunks: AWS's printed examples, damage, and every way of cutting the input.

use super::*;
use proptest::prelude::*;

/// The key, the time and the request of the examples in S3's documentation.
const S3_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SIGNATURES: [&str; 3] = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];
const TRAILER_SIGNATURES: [&str; 4] = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
];

fn documented_request(seed: &str, word: &str, extra: &[(&'static str, &'static str)]) -> Verified {
    let mut headers = vec![
        ("Host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", word),
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
    ];
    headers.extend(extra);
    let mut names: Vec<String> = headers.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
    names.sort();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders={},\
         Signature={seed}",
        names.join(";")
    );
    headers.push(("Authorization", &authorization));
    let request = Request {
        method: "PUT",
        path: "/examplebucket/chunkObject.txt",
        query: "",
        headers: &headers,
    };
    let expect = Expect {
        rules: Rules::S3,
        ..Expect::new(
            &["us-east-1"],
            &["s3"],
            Timestamp::parse_basic("20130524T000000Z").unwrap(),
        )
    };
    let claim = Claim::read(&request).unwrap().unwrap();
    let secret = Secret::new(S3_SECRET.to_owned());
    claim
        .verify(&request, PayloadHash::NotRead, &secret, &expect, &KeyCache::default())
        .unwrap()
}

fn documented_chunks() -> (Verified, Vec<u8>) {
    let verified = documented_request(
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        &[("Content-Length", "66824")],
    );
    let [first, second, last] = SIGNATURES;
    let wire = format!(
        "10000;chunk-signature={first}\r\n{}\r\n400;chunk-signature={second}\r\n{}\r\n0;chunk-signature={last}\r\n\r\n",
        "a".repeat(65536),
        "a".repeat(1024)
    );
    assert_eq!(wire.len(), 66824);
    (verified, wire.into_bytes())
}

fn documented_trailer() -> (Verified, Vec<u8>) {
    let verified = documented_request(
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        &[("x-amz-trailer", "x-amz-checksum-crc32c")],
    );
    let [first, second, last, trailer] = TRAILER_SIGNATURES;
    let wire = format!(
        "10000;chunk-signature={first}\r\n{}\r\n400;chunk-signature={second}\r\n{}\r\n0;chunk-signature={last}\r\n\
         x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:{trailer}\r\n\r\n",
        "a".repeat(65536),
        "a".repeat(1024)
    );
    (verified, wire.into_bytes())
}

fn decoder(verified: Verified, expected: Option<u64>, most: u64) -> ChunkDecoder {
    ChunkDecoder::new(verified, expected, ChunkLimits::payload(most)).expect("chunks are owed")
}

/// Everything that comes out when the input is cut at these places.
fn decode(decoder: &mut ChunkDecoder, wire: &[u8], cuts: &[usize]) -> Result<Vec<u8>, ChunkError> {
    let mut cuts: Vec<usize> = cuts
        .iter()
        .map(|c| c % (wire.len() + 1))
        .chain([0, wire.len()])
        .collect();
    cuts.sort_unstable();
    let mut out = Vec::new();
    for cut in cuts.windows(2) {
        let mut input = &wire[cut[0]..cut[1]];
        while let Step::Data(piece) = decoder.step(&mut input)? {
            out.extend_from_slice(piece);
        }
        assert!(input.is_empty());
    }
    decoder.finish().map(|()| out)
}

#[test]
fn the_documented_streams_are_verified() {
    let (verified, wire) = documented_chunks();
    assert_eq!(verified.owed, Owed::Chunks(Payload::StreamingSigned));
    let out = decode(&mut decoder(verified, Some(66560), 1 << 20), &wire, &[]).unwrap();
    assert_eq!(out, vec![b'a'; 66560]);
    let (verified, wire) = documented_trailer();
    let mut decoder = decoder(verified, Some(66560), 1 << 20);
    assert_eq!(decode(&mut decoder, &wire, &[]).unwrap().len(), 66560);
    assert_eq!(decoder.trailer(), owned(&[("x-amz-checksum-crc32c", "sOO8/Q==")]));
}

/// A stream whose payload is not covered, as AWS's clients send it over TLS.
fn unsigned() -> Verified {
    let secret = secret();
    let mut headers = owned(&LIST_CLUSTERS);
    headers.extend(signer(&secret).sign(
        &post(&LIST_CLUSTERS),
        Payload::StreamingUnsignedTrailer,
        PayloadHash::NotRead,
    ));
    let headers = borrowed(&headers);
    let request = post(&headers);
    let expect = Expect {
        unsigned_payload: true,
        ..expect(noon())
    };
    let claim = Claim::read(&request).unwrap().unwrap();
    claim
        .verify(&request, PayloadHash::NotRead, &secret, &expect, &KeyCache::default())
        .unwrap()
}

const UNSIGNED: &[u8] =
    b"5\r\nhello\r\nA\r\n, wide wor\r\n2\r\nld\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\nB: c \r\n\r\n";

#[test]
fn an_unsigned_stream_is_taken_apart() {
    let mut decoder = decoder(unsigned(), Some(17), 17);
    assert_eq!(decode(&mut decoder, UNSIGNED, &[]).unwrap(), b"hello, wide world");
    let trailer = owned(&[("x-amz-checksum-crc32", "AAAAAA=="), ("b", "c")]);
    assert_eq!(decoder.trailer(), trailer);
}

#[test]
fn broken_streams_are_refused() {
    use ChunkError::*;
    let cases: [(&[u8], ChunkError); 15] = [
        (b"", Truncated),
        (b"5\r\nhel", Truncated),
        (b"0\r\n", Truncated),
        (b"\r\n", Malformed("chunk header")),
        (b"5\nhello\n", Malformed("chunk header")),
        (b"-5\r\n", Malformed("chunk header")),
        (b"+5\r\n", Malformed("chunk header")),
        (b"5;chunk-signature=00\r\n", Malformed("chunk header")),
        (b"5\r\nhelloworld\r\n", TooLong("end of a chunk")),
        (b"5\r\nhelloxy", TooLong("end of a chunk")),
        (b"0\r\nno colon\r\n\r\n", Malformed("trailer")),
        (b"0\r\n\r\nmore", Malformed("bytes behind the end")),
        (b"ffffffffffffffff\r\n", TooLong("payload")),
        (b"fffffffffffffffffffff\r\n", TooLong("chunk")),
        (b"400\r\n", TooLong("payload")),
    ];
    for (wire, error) in cases {
        let got = decode(&mut decoder(unsigned(), None, 1000), wire, &[]);
        assert_eq!(got, Err(error), "{:?}", String::from_utf8_lossy(wire));
    }
    let wrong = [
        (b"5\r\nhello\r\n0\r\n\r\n".as_slice(), 6),
        (b"5\r\nhello\r\n0\r\n\r\n", 4),
    ];
    for (wire, expected) in wrong {
        let got = decode(&mut decoder(unsigned(), Some(expected), 1000), wire, &[]);
        assert_eq!(got, Err(WrongLength));
    }
}

#[test]
fn headers_and_trailers_are_bounded() {
    let endless = vec![b'0'; 1000];
    assert!(matches!(
        decode(&mut decoder(unsigned(), None, 10), &endless, &[]),
        Err(ChunkError::TooLong(_))
    ));
    let line = [b"0\r\n".as_slice(), &vec![b'x'; 10_000]].concat();
    assert!(matches!(
        decode(&mut decoder(unsigned(), None, 10), &line, &[]),
        Err(ChunkError::TooLong("trailer"))
    ));
    let lines = [b"0\r\n".as_slice(), &b"a:b\r\n".repeat(1000)].concat();
    assert!(matches!(
        decode(&mut decoder(unsigned(), None, 10), &lines, &[]),
        Err(ChunkError::TooLong("trailer"))
    ));
}

#[test]
fn a_failed_stream_stays_failed() {
    let mut decoder = decoder(unsigned(), None, 10);
    assert!(decoder.step(&mut b"x\r\n".as_slice()).is_err());
    assert!(decoder.step(&mut b"0\r\n\r\n".as_slice()).is_err());
    assert_eq!(decoder.finish(), Err(ChunkError::Truncated));
}

#[test]
fn chunks_cannot_be_swapped_or_left_out() {
    let (verified, wire) = documented_chunks();
    let second = 5 + 17 + 64 + 2 + 65536 + 2;
    let last = second + 3 + 17 + 64 + 2 + 1024 + 2;
    let without_second = [&wire[..second], &wire[last..]].concat();
    let swapped = [&wire[second..last], &wire[..second], &wire[last..]].concat();
    let cut = wire[..last].to_vec();
    for (broken, error) in [
        (without_second, ChunkError::BadSignature),
        (swapped, ChunkError::BadSignature),
        (cut, ChunkError::Truncated),
    ] {
        let mut decoder = decoder(verified.clone(), None, 1 << 20);
        assert_eq!(decode(&mut decoder, &broken, &[]), Err(error));
    }
}

/// A signed stream with a trailer, of these chunks.
fn signed_stream(chunks: &[Vec<u8>]) -> (Verified, Vec<u8>) {
    let secret = secret();
    let mut headers = owned(&LIST_CLUSTERS);
    headers.extend(signer(&secret).sign(
        &post(&LIST_CLUSTERS),
        Payload::StreamingSignedTrailer,
        PayloadHash::NotRead,
    ));
    let headers = borrowed(&headers);
    let request = post(&headers);
    let claim = Claim::read(&request).unwrap().unwrap();
    let expect = expect(noon());
    let verified = claim
        .verify(&request, PayloadHash::NotRead, &secret, &expect, &KeyCache::default())
        .unwrap();
    let mut chain = verified.chain.clone().unwrap();
    let mut wire = Vec::new();
    let digest = |bytes: &[u8]| match PayloadHash::of(bytes) {
        PayloadHash::Sha256(hash) => hash,
        PayloadHash::NotRead => unreachable!(),
    };
    let last = Vec::new();
    for chunk in chunks.iter().chain([&last]) {
        let signature = hex::encode(&chain.chunk(digest(chunk)));
        wire.extend_from_slice(format!("{:x};chunk-signature=", chunk.len()).as_bytes());
        wire.extend_from_slice(&signature);
        wire.extend_from_slice(b"\r\n");
        if !chunk.is_empty() {
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
    }
    let signature = hex::encode(&chain.trailer(digest(b"x-sum:abc\n")));
    wire.extend_from_slice(b"x-sum:abc\r\nx-amz-trailer-signature:");
    wire.extend_from_slice(&signature);
    wire.extend_from_slice(b"\r\n\r\n");
    (verified, wire)
}

proptest! {
    #[test]
    fn the_payload_does_not_depend_on_how_the_input_is_cut(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..80), 0..6),
        cuts in prop::collection::vec(any::<usize>(), 0..40),
    ) {
        let (verified, wire) = signed_stream(&chunks);
        let out = decode(&mut decoder(verified.clone(), None, 1000), &wire, &cuts);
        prop_assert_eq!(out, Ok(chunks.concat()));
        let every: Vec<usize> = (0..wire.len()).collect();
        let out = decode(&mut decoder(verified, None, 1000), &wire, &every);
        prop_assert_eq!(out, Ok(chunks.concat()));
    }

    #[test]
    fn no_changed_byte_gets_through(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..4),
        at in any::<prop::sample::Index>(),
        by in 1u8..,
    ) {
        let (verified, mut wire) = signed_stream(&chunks);
        let at = at.index(wire.len());
        let before = wire[at];
        wire[at] ^= by;
        // Sizes and names of the trailer may be written in either case.
        prop_assume!(!before.eq_ignore_ascii_case(&wire[at]));
        prop_assert!(decode(&mut decoder(verified, None, 1000), &wire, &[]).is_err());
    }

    #[test]
    fn no_input_makes_the_decoder_panic(
        wire in "([0-9a-f]{1,3}(;chunk-signature=[0-9a-f]{0,3})?\r\n|[a-z:]{0,8}\r\n|.{0,20}){0,12}",
        cuts in prop::collection::vec(any::<usize>(), 0..10),
    ) {
        let whole = decode(&mut decoder(unsigned(), None, 1000), wire.as_bytes(), &[]);
        let parts = decode(&mut decoder(unsigned(), None, 1000), wire.as_bytes(), &cuts);
        prop_assert_eq!(whole.is_ok(), parts.is_ok());
    }
}
