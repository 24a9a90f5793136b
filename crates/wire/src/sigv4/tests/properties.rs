//! What holds for every request: signing then verifying agrees, nothing changed gets through, nothing panics.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Call {
    method: String,
    path: String,
    query: String,
    headers: Headers,
    body: Vec<u8>,
}

impl Call {
    fn request<'a>(&'a self, headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers,
        }
    }

    fn verdict(&self, rules: Rules) -> Result<Verified, AuthError> {
        let headers = borrowed(&self.headers);
        let expect = Expect {
            rules,
            ..expect(noon())
        };
        authenticate(&self.request(&headers), &self.body, &expect)
    }

    fn signed(mut self, rules: Rules, presigned: bool) -> Call {
        let secret = secret();
        let signer = Signer {
            rules,
            ..signer(&secret)
        };
        let headers = borrowed(&self.headers);
        let request = self.request(&headers);
        if presigned {
            self.query = signer.presign(&request, 60, PayloadHash::of(&self.body));
        } else {
            let added = signer.sign(&request, Payload::Hashed, PayloadHash::of(&self.body));
            self.headers.extend(added);
        }
        self
    }
}

/// Requests of plain letters and digits, so that every changed character changes the meaning.
fn plain() -> impl Strategy<Value = Call> {
    let headers = prop::collection::vec(("[a-z][a-z0-9]{3,6}", "[a-zA-Z0-9]{1,10}"), 0..5);
    (
        prop::sample::select(vec!["GET", "POST", "PUT"]),
        "(/[a-z0-9]{1,6}){1,4}",
        "([a-z0-9]{1,4}=[a-z0-9]{1,4}(&[a-z0-9]{1,4}=[a-z0-9]{1,4}){0,4})",
        headers,
        prop::collection::vec(any::<u8>(), 1..60),
    )
        .prop_map(|(method, path, query, headers, body)| Call {
            method: method.to_owned(),
            path,
            query,
            headers: [owned(&[("host", "gantry.local")]), headers].concat(),
            body,
        })
}

/// Requests of anything that a request line and headers can hold.
fn wild() -> impl Strategy<Value = Call> {
    let headers = prop::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,8}", "[ -~\t]{0,20}"), 0..6);
    (
        "[A-Z]{1,8}",
        "/[!-~é]{0,40}",
        "[!-~ß]{0,60}",
        headers,
        prop::collection::vec(any::<u8>(), 0..60),
    )
        .prop_map(|(method, path, query, mut headers, body)| {
            headers.retain(|(name, _)| {
                let name = name.to_ascii_lowercase();
                !["host", "date", "authorization"].contains(&name.as_str()) && !name.starts_with("x-amz")
            });
            headers.push(("Host".to_owned(), "gantry.local:4566".to_owned()));
            Call {
                method,
                path,
                query,
                headers,
                body,
            }
        })
}

/// Another letter or digit in this place, whatever its case.
fn other(c: u8, by: u8) -> u8 {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let at = LETTERS.iter().position(|l| l.eq_ignore_ascii_case(&c)).unwrap_or(0);
    LETTERS[(at + 1 + usize::from(by) % (LETTERS.len() - 1)) % LETTERS.len()]
}

/// Changes the letter or digit that is nearest behind this place; `false` when there is none.
fn change(text: &mut String, at: usize, by: u8) -> bool {
    let mut bytes = std::mem::take(text).into_bytes();
    let length = bytes.len().max(1);
    let place = (0..bytes.len())
        .map(|i| (at + i) % length)
        .find(|i| bytes[*i].is_ascii_alphanumeric());
    if let Some(place) = place {
        bytes[place] = other(bytes[place], by);
    }
    *text = String::from_utf8(bytes).unwrap();
    place.is_some()
}

proptest! {
    #[test]
    fn what_is_signed_is_verified(call in wild(), s3 in any::<bool>(), presigned in any::<bool>()) {
        let rules = if s3 { Rules::S3 } else { Rules::Common };
        let verdict = call.signed(rules, presigned).verdict(rules);
        prop_assert!(verdict.is_ok(), "{:?}", verdict);
    }

    #[test]
    fn no_changed_byte_gets_through(
        call in plain(),
        presigned in any::<bool>(),
        part in 0usize..6,
        at in 0usize..1000,
        by in any::<u8>(),
    ) {
        let good = call.signed(Rules::Common, presigned);
        prop_assert!(good.verdict(Rules::Common).is_ok());
        let mut bad = good.clone();
        let changed = match part {
            0 => change(&mut bad.method, at, by),
            1 => change(&mut bad.path, at, by),
            2 => change(&mut bad.query, at, by),
            3 => {
                let which = at % bad.headers.len();
                change(&mut bad.headers[which].1, at / 7, by)
            }
            4 => {
                let at = at % bad.body.len();
                bad.body[at] ^= by;
                by != 0
            }
            _ => {
                // The signature itself, digit by digit.
                let text = if presigned { &mut bad.query } else { &mut bad.headers.last_mut().unwrap().1 };
                let (head, tail) = text.rsplit_once("Signature=").unwrap();
                let (head, mut tail) = (format!("{head}Signature="), tail.to_owned());
                let done = change(&mut tail, at, by);
                *text = head + &tail;
                done
            }
        };
        prop_assume!(changed);
        prop_assert!(bad.verdict(Rules::Common).is_err(), "{bad:?}");
    }

    #[test]
    fn no_request_makes_us_panic(
        method in ".{0,5}",
        path in ".{0,30}",
        query in "(X-Amz-(Algorithm|Credential|Signature|SignedHeaders|Date|Expires)=|[&=%+/;0-9a-zA-Z]|AWS4-HMAC-SHA256|.){0,40}",
        authorization in "(AWS4-HMAC-SHA256|Credential=|SignedHeaders=|Signature=|[ ,/;=]|[a-z0-9]{1,8}|host|.){0,30}",
        date in "[0-9]{8}T[0-9]{6}Z|[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{0,8} (GMT|-0000)|.{0,30}",
        hash in "UNSIGNED-PAYLOAD|.{0,70}",
        protocol in prop::sample::select(vec![crate::Protocol::Json11, crate::Protocol::Query, crate::Protocol::Ec2Query]),
    ) {
        let headers = [
            ("host", "gantry.local"),
            ("authorization", authorization.as_str()),
            ("x-amz-date", date.as_str()),
            ("x-amz-content-sha256", hash.as_str()),
        ];
        for headers in [&headers[..], &headers[..1], &headers[..3]] {
            let request = Request { method: &method, path: &path, query: &query, headers };
            if let Err(error) = authenticate(&request, b"", &expect(noon())) {
                let fault = error.fault(protocol);
                prop_assert!((400..500).contains(&fault.status) && !fault.message.is_empty());
            }
        }
    }

    #[test]
    fn half_good_claims_do_not_make_us_panic(
        credential in "([A-Z0-9]{0,4}/){0,6}[a-z0-9_]{0,5}",
        names in "[a-zA-Z;-]{0,30}",
        signature in "[0-9a-fA-F]{62,66}",
        date in "2015083[0-9]T12[0-9]{4}Z",
    ) {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names};host,Signature={signature}");
        let headers = [("host", "gantry.local"), ("authorization", &authorization), ("x-amz-date", &date)];
        prop_assert!(authenticate(&post(&headers), b"", &expect(noon())).is_err());
    }
}
