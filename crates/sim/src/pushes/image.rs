//! Images to push: few, so that they share what they are made of, and come back after they went.

use base::Dice;
use bytes::Bytes;
use model::registry::digest_of;
use model::registry::document::{OCI_INDEX, OCI_MANIFEST};

use crate::chance::{once_in, one_of};

/// An image, or an index of images, and all that has to be there before it.
#[derive(Clone, Debug)]
pub struct Image {
    pub document: String,
    pub media_type: &'static str,
    pub digest: String,
    pub blobs: Vec<Bytes>,
    pub lists: Vec<Image>,
}

const LAYERS: u64 = 5;
const CONFIGS: u64 = 4;

impl Image {
    pub fn any(dice: &dyn Dice) -> Image {
        match dice.below(8) {
            0 | 1 => Image::index(vec![Image::plain(dice, None), Image::plain(dice, None)]),
            2 => {
                let subject = Image::plain(dice, None);
                Image::plain(dice, Some(&subject))
            }
            3 if once_in(dice, 3) => Image::index(vec![Image::index(vec![Image::plain(dice, None)])]),
            _ => Image::plain(dice, None),
        }
    }

    fn plain(dice: &dyn Dice, subject: Option<&Image>) -> Image {
        let config = Bytes::from(format!(
            r#"{{"architecture":"amd64","os":"linux","n":{}}}"#,
            dice.below(CONFIGS)
        ));
        let layers: Vec<Bytes> = (0..1 + dice.below(2)).map(|_| layer(dice.below(LAYERS))).collect();
        let described: Vec<String> = layers
            .iter()
            .map(|layer| described("application/vnd.oci.image.layer.v1.tar", &digest_of(layer), layer.len()))
            .collect();
        let about = subject.map_or(String::new(), |s| format!(r#","subject":{}"#, described_image(s)));
        let document = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{},"layers":[{}]{about}}}"#,
            described_config(&config),
            described.join(","),
        );
        let mut blobs = layers;
        blobs.push(config);
        Image::of(document, OCI_MANIFEST, blobs, Vec::new())
    }

    fn index(lists: Vec<Image>) -> Image {
        let listed: Vec<String> = lists.iter().map(described_image).collect();
        let document = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{}]}}"#,
            listed.join(",")
        );
        Image::of(document, OCI_INDEX, Vec::new(), lists)
    }

    fn of(document: String, media_type: &'static str, blobs: Vec<Bytes>, lists: Vec<Image>) -> Image {
        Image {
            digest: digest_of(document.as_bytes()),
            document,
            media_type,
            blobs,
            lists,
        }
    }
}

/// Content that compresses to nothing, of several sizes.
fn layer(n: u64) -> Bytes {
    let line = format!("layer {n}\n");
    Bytes::from(line.repeat(1 + 40 * n as usize))
}

fn described(media_type: &str, digest: &str, size: usize) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}

fn described_image(image: &Image) -> String {
    described(image.media_type, &image.digest, image.document.len())
}

fn described_config(config: &Bytes) -> String {
    described(
        "application/vnd.oci.image.config.v1+json",
        &digest_of(config),
        config.len(),
    )
}

/// What a repository or a tag is called.
pub fn any_repository(dice: &dyn Dice) -> &'static str {
    let name: &&str = one_of(dice, &["team/web", "team/job", "edge"]);
    name
}

pub fn any_tag(dice: &dyn Dice) -> &'static str {
    let tag: &&str = one_of(dice, &["v1", "v2", "v3", "latest", "dev-1", "dev-2"]);
    tag
}
