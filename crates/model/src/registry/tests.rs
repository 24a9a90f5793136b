//! Random changes keep the laws, and each refusal is seen once.

use super::change::*;
use super::*;
use crate::invariants;
use crate::testing::world;
use base::{Dice, SeededDice, Timestamp};
use store::{Store, StoreError, Tx};

struct Kept(Refused);

impl From<StoreError> for Kept {
    fn from(error: StoreError) -> Self {
        panic!("a store in memory keeps what it is given: {error}")
    }
}

fn write<T: Send + 'static>(
    store: &Store,
    mut change: impl FnMut(&mut Tx) -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let written = store.write(move |tx| change(tx).map_err(Kept));
    crate::testing::block_on(written).map_err(|Kept(refused)| refused)
}

fn id(name: &str) -> RepositoryId {
    RepositoryId::new("000000000000", "us-east-1", name)
}

fn digest(n: u64) -> String {
    format!("sha256:{n:064x}")
}

fn manifest(name: &str, n: u64, blobs: &[u64], lists: &[u64]) -> Manifest {
    Manifest {
        repository: id(name),
        digest: digest(n),
        media_type: "application/vnd.oci.image.manifest.v1+json".into(),
        size: 100,
        artifact_type: None,
        config: None,
        layers: blobs
            .iter()
            .map(|blob| Part {
                digest: digest(*blob),
                size: 10,
                media_type: "application/vnd.oci.image.layer.v1.tar".into(),
                elsewhere: false,
            })
            .collect(),
        manifests: lists.iter().map(|listed| digest(*listed)).collect(),
        subject: None,
        pushed_at: Timestamp(0),
        pulled_at: None,
        archived_at: None,
        last_archived_at: None,
        last_activated_at: None,
    }
}

fn manifest_of(repository: &RepositoryId, n: u64) -> Manifest {
    Manifest {
        repository: repository.clone(),
        ..manifest("", n, &[], &[])
    }
}

fn tags(tags: &[&str]) -> Vec<String> {
    tags.iter().map(|tag| tag.to_string()).collect()
}

fn laws_hold(store: &Store) {
    assert_eq!(invariants::check(&store.snapshot()), []);
}

#[test]
fn a_manifest_comes_whole_and_goes_with_its_tags() {
    let store = world();
    let put = |n, blobs: &'static [u64], lists: &'static [u64], named: &'static [&'static str]| {
        write(&store, move |tx| {
            put_manifest(tx, manifest("a", n, blobs, lists), &tags(named))
        })
    };
    assert_eq!(put(1, &[], &[], &[]), Err(Refused::NoRepository));
    let create = || write(&store, |tx| create_repository(tx, Repository::new(id("a"), tx.now())));
    assert_eq!((create(), create()), (Ok(()), Err(Refused::RepositoryExists)));
    assert_eq!(
        put(1, &[10], &[], &["v1"]),
        Err(Refused::BlobsUnknown(vec![digest(10)]))
    );
    write(&store, |tx| link(tx, &id("a"), &digest(10), 10)).expect("the repository is there");
    let first = Put {
        new: true,
        tagged: tags(&["v1", "v2"]),
        restored: false,
    };
    assert_eq!(put(1, &[10], &[], &["v1", "v2"]), Ok(first));
    let again = Put {
        new: false,
        tagged: Vec::new(),
        restored: false,
    };
    assert_eq!(put(1, &[10], &[], &["v1"]), Ok(again));
    write(&store, |tx| link(tx, &id("a"), &digest(11), 9)).expect("the repository is there");
    let (said, is) = (10, 9);
    let wrong = Refused::WrongSize {
        digest: digest(11),
        said,
        is,
    };
    assert_eq!(put(3, &[10, 11], &[], &[]), Err(wrong));
    assert_eq!(
        put(2, &[], &[1, 3], &[]),
        Err(Refused::ManifestsUnknown(vec![digest(3)]))
    );
    put(2, &[], &[1], &["all"]).expect("it lists what is there");
    laws_hold(&store);

    let unlink_it = || write(&store, |tx| unlink(tx, &id("a"), &digest(10)));
    let delete = |n| write(&store, move |tx| delete_manifest(tx, &id("a"), &digest(n)));
    assert_eq!(unlink_it(), Err(Refused::BlobInUse(digest(1))));
    assert_eq!(delete(1), Err(Refused::Listed(digest(2))));
    assert_eq!(delete(2), Ok(tags(&["all"])));
    assert_eq!(write(&store, |tx| untag(tx, &id("a"), "v2")), Ok(digest(1)));
    assert_eq!(delete(1), Ok(tags(&["v1"])));
    assert_eq!(delete(1), Err(Refused::NoManifest(digest(1))));
    assert!(is_needed(&store.snapshot(), &digest(10)));
    assert_eq!(unlink_it(), Ok(()));
    assert!(!is_needed(&store.snapshot(), &digest(10)));
    laws_hold(&store);
    write(&store, |tx| delete_repository(tx, &id("a"))).expect("it is empty");
    laws_hold(&store);
}

#[test]
fn a_fixed_tag_stays() {
    let mut repository = Repository::new(id("a"), Timestamp(0));
    let mut fixes = |mutability, exclusions: &[&str], tag: &str| {
        repository.mutability = mutability;
        repository.exclusions = tags(exclusions);
        repository.fixes(tag)
    };
    assert!(!fixes(TagMutability::Mutable, &[], "v1"));
    assert!(fixes(TagMutability::Immutable, &["*"], "v1"));
    for (pattern, excluded) in [
        ("latest", false),
        ("v1", true),
        ("v*", true),
        ("*1", true),
        ("*", true),
        ("v*1*1", false),
        ("v1*1", false),
        ("*v*1*", true),
    ] {
        assert_eq!(
            fixes(TagMutability::ImmutableWithExclusion, &[pattern], "v1"),
            !excluded,
            "{pattern}"
        );
        assert_eq!(
            fixes(TagMutability::MutableWithExclusion, &[pattern], "v1"),
            excluded,
            "{pattern}"
        );
    }

    let store = world();
    repository.mutability = TagMutability::Immutable;
    let made = write(&store, move |tx| create_repository(tx, repository.clone()));
    let put = |n| {
        write(&store, move |tx| {
            put_manifest(tx, manifest("a", n, &[], &[]), &tags(&["v1"]))
        })
    };
    assert_eq!(made, Ok(()));
    put(1).expect("the tag is nobody's yet");
    put(1).expect("it is this one's");
    let (tag, digest) = ("v1".to_string(), digest(1));
    assert_eq!(put(2), Err(Refused::TagFixed { tag, digest }));
    laws_hold(&store); // and the second manifest is not there
    assert_eq!(ledger(&store.snapshot(), &id("a")).manifests, 1);
}

#[test]
fn whatever_is_done_the_laws_hold() {
    for seed in 0..20 {
        let (store, dice) = (world(), SeededDice::new(seed));
        for _ in 0..300 {
            let name = ["a", "b"][dice.below(2) as usize];
            let (n, m, what) = (dice.below(6), dice.below(6), dice.below(13));
            let tag = ["x", "y", "z"][dice.below(3) as usize];
            let _ = write(&store, move |tx| {
                let at = id(name);
                match what {
                    0 => create_repository(tx, Repository::new(at, tx.now())),
                    1 => delete_repository(tx, &at),
                    2 | 3 => link(tx, &at, &digest(n), 10),
                    4 => unlink(tx, &at, &digest(n)),
                    5 | 6 => put_manifest(tx, manifest(name, 10 + n, &[n, m], &[]), &tags(&[tag])).map(drop),
                    7 => put_manifest(tx, manifest(name, 20 + n, &[], &[10 + n, 10 + m]), &tags(&[tag])).map(drop),
                    8 => untag(tx, &at, tag).map(drop),
                    9 => delete_manifest(tx, &at, &digest(10 + n)).map(drop),
                    10 => delete_manifest(tx, &at, &digest(20 + n)).map(drop),
                    11 => archive(tx, &at, &digest(10 + 10 * (m % 2) + n), n % 2 == 0),
                    _ => {
                        clear_some(tx, &at, n as usize);
                        expire_links(tx, &[(at, digest(n))], Timestamp(i64::MAX));
                        Ok(())
                    }
                }
            });
            laws_hold(&store);
        }
    }
}

#[test]
fn copies_are_noted_with_the_image_and_made_as_it_is_then() {
    let store = world();
    let to = |region: &str| Destination {
        region: region.to_string(),
        registry: "000000000000".to_string(),
    };
    let (west, here) = (to("us-west-2"), to("us-east-1"));
    let rules = [(vec![west.clone(), here], "prod/"), (vec![west.clone()], "")];
    let rules = rules.map(|(destinations, prefix)| ReplicationRule {
        destinations,
        prefixes: vec![prefix.to_string()],
        deletes: Some(prefix == "prod/"),
    });
    let replication = |rules: &[ReplicationRule]| Replication {
        registry: "000000000000".to_string(),
        region: "us-east-1".to_string(),
        rules: rules.to_vec(),
    };
    let only_prod = replication(&rules[..1]);
    let put = |name: &'static str, n: u64, tag: &'static str| {
        let put = write(&store, move |tx| {
            create_for(tx, &id(name), Occasion::CreateOnPush);
            link(tx, &id(name), &digest(10), 10)?;
            put_manifest(tx, manifest(name, n, &[10], &[]), &tags(&[tag]))
        });
        put.expect("all of it is there");
        replication::of(&store.snapshot(), &id(name), &digest(n))
    };
    let put_rules = |rules: Replication| {
        write(&store, move |tx| {
            tx.put(rules.clone());
            Ok(())
        })
        .expect("kept");
    };
    assert_eq!(put("prod/a", 1, "v1"), []);
    put_rules(only_prod);
    assert_eq!(put("other", 1, "v1"), []);
    assert_eq!(put("prod/a", 1, "v1"), [], "nothing changed");
    let [replica] = &put("prod/a", 1, "v2")[..] else {
        panic!("one place, and not this one itself");
    };
    assert_eq!(
        (&replica.to, replica.status, replica.wanted),
        (&west, ReplicaStatus::InProgress, 1)
    );
    assert_eq!(
        store
            .snapshot()
            .by::<Replica>(Replica::WAITING, &store::Key::all())
            .count(),
        1
    );

    // Wanted again while it is made: so it is not done.
    let (first, again) = (replica.clone(), put("prod/a", 1, "v3"));
    let done = |replica: Replica| {
        write(&store, move |tx| {
            replication::copy(tx, &replica.repository, &replica.digest, &replica.target())?;
            replication::tried(tx, &replica, ReplicaStatus::Complete, None, replica.due);
            Ok(())
        })
    };
    done(first).expect("a copy");
    let now = || replication::of(&store.snapshot(), &id("prod/a"), &digest(1));
    assert_eq!(now(), again);
    done(again[0].clone()).expect("a copy");
    assert_eq!(now()[0].status, ReplicaStatus::Complete);
    let there = RepositoryId::new("000000000000", "us-west-2", "prod/a");
    let copied = tags_of(&store.snapshot(), &there, &digest(1)).len();
    assert_eq!(copied, 3);
    laws_hold(&store);
    put_rules(replication(&rules));
    put("other", 2, "v1");
    assert_eq!(
        replication::of(&store.snapshot(), &there, &digest(1)),
        [],
        "copies are not copied"
    );
    // A tag goes there too, unless it names another image there; and then the image.
    let tags_there = || {
        let tags = tags_of(&store.snapshot(), &there, &digest(1));
        tags.iter().map(|tag| tag.tag.clone()).collect::<Vec<_>>()
    };
    let to = there.clone();
    write(&store, move |tx| put_manifest(tx, manifest_of(&to, 7), &tags(&["v2"]))).expect("its own image");
    for tag in ["v1", "v2"] {
        write(&store, move |tx| untag(tx, &id("prod/a"), tag)).expect("it has the tag");
    }
    assert_eq!(tags_there(), ["v3"]);
    assert!(find(&store.snapshot(), &there, "v2").is_ok());
    write(&store, |tx| delete_manifest(tx, &id("prod/a"), &digest(1))).expect("nothing lists it");
    assert_eq!(now(), []);
    assert!(find(&store.snapshot(), &there, &digest(1)).is_err());
    assert!(find(&store.snapshot(), &there, &digest(7)).is_ok());
    laws_hold(&store);
}

#[test]
fn what_an_index_lists_is_archived_with_it_unless_another_needs_it() {
    let store = world();
    write(&store, |tx| create_repository(tx, Repository::new(id("a"), tx.now()))).expect("a new one");
    for (n, lists) in [(1, &[][..]), (2, &[]), (3, &[1, 2]), (4, &[2])] {
        write(&store, move |tx| put_manifest(tx, manifest("a", n, &[], lists), &[])).expect("it lists what is there");
    }
    let move_it = |n, into| write(&store, move |tx| archive(tx, &id("a"), &digest(n), into));
    let away = || -> Vec<u64> {
        let is_away = |n: &u64| {
            let manifest = find(&store.snapshot(), &id("a"), &digest(*n)).expect("it is there");
            manifest.archived_at.is_some()
        };
        (1..=4).filter(is_away).collect()
    };
    assert_eq!(move_it(1, true), Err(Refused::Listed(digest(3))));
    assert_eq!(move_it(9, true), Err(Refused::NoManifest(digest(9))));
    assert_eq!((move_it(3, true), away()), (Ok(()), vec![1, 3]));
    assert_eq!((move_it(4, true), away()), (Ok(()), vec![1, 2, 3, 4]));
    assert_eq!((move_it(4, false), away()), (Ok(()), vec![1, 3]));
    assert_eq!((move_it(3, false), away()), (Ok(()), vec![]));
    let first = find(&store.snapshot(), &id("a"), &digest(1)).expect("it is there");
    assert!(first.last_archived_at.is_some() && first.last_activated_at.is_some());

    // Whoever pushes it again has it back, with what it lists.
    assert_eq!((move_it(3, true), away()), (Ok(()), vec![1, 3]));
    let again = write(&store, |tx| put_manifest(tx, manifest("a", 3, &[], &[1, 2]), &[])).expect("it is there");
    assert!(again.is_news() && again.restored && !again.new);
    assert!(away().is_empty());

    // What is pushed can be pulled, also if another index took what it lists away.
    assert_eq!((move_it(3, true), away()), (Ok(()), vec![1, 3]));
    let other = write(&store, |tx| put_manifest(tx, manifest("a", 5, &[], &[1]), &[])).expect("it is there");
    assert!(other.new && other.restored);
    assert_eq!(away(), [3]);
}

#[test]
fn the_template_of_the_longest_prefix_is_taken() {
    let store = world();
    let template = |prefix: &str, occasions: &[Occasion]| CreationTemplate {
        registry: id("").registry,
        region: id("").region,
        prefix: prefix.to_string(),
        description: None,
        encryption: Repository::new(id("x"), Timestamp(0)).encryption,
        tags: Vec::new(),
        mutability: TagMutability::Immutable,
        exclusions: vec![prefix.to_string()],
        policy: None,
        lifecycle: None,
        occasions: occasions.to_vec(),
        role: None,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    let push = [Occasion::CreateOnPush];
    let all = [
        template("a", &push),
        template("a/b", &push),
        template("a/b/c", &[Occasion::Replication]),
        template(CreationTemplate::ROOT, &[Occasion::PullThroughCache]),
    ];
    write(&store, move |tx| {
        all.iter().for_each(|template| tx.put(template.clone()));
        Ok(())
    })
    .expect("written");
    let made = |name: &'static str, occasion| {
        let made = write(&store, move |tx| {
            create_for(tx, &id(name), occasion);
            repository(tx, &id(name))
        });
        made.expect("it is there now").exclusions.first().cloned()
    };
    let of = |prefix: &str| Some(prefix.to_string());
    assert_eq!(made("a/x", Occasion::CreateOnPush), of("a"));
    assert_eq!(made("a/b/x", Occasion::CreateOnPush), of("a/b"));
    assert_eq!(made("a/b/c/x", Occasion::CreateOnPush), of("a/b"));
    assert_eq!(made("a/b/c/y", Occasion::Replication), of("a/b/c"));
    assert_eq!(made("a/b/c/z", Occasion::PullThroughCache), of("ROOT"));
    assert_eq!(made("ab/x", Occasion::CreateOnPush), None);
    assert_eq!(made("a", Occasion::Replication), None);
}

#[test]
fn a_pull_is_noted_once_an_hour_and_not_for_those_excluded() {
    let store = world();
    let role = "arn:aws:iam::000000000000:role/scanner";
    write(&store, move |tx| {
        tx.put(PullTimeExclusion {
            registry: id("").registry,
            region: id("").region,
            principal: role.to_string(),
            created_at: Timestamp(0),
        });
        Ok(())
    })
    .expect("written");
    let worth = |pulled: Option<i64>, caller: &str| {
        let manifest = Manifest {
            pulled_at: pulled.map(Timestamp),
            ..manifest("a", 1, &[], &[])
        };
        is_worth_noting(&store.snapshot(), &manifest, caller, Timestamp(10_000_000))
    };
    assert!(worth(None, "") && worth(Some(0), "arn:aws:iam::000000000000:root"));
    assert!(!worth(Some(9_999_999), "") && !worth(None, role));
    assert!(!worth(None, "arn:aws:sts::000000000000:assumed-role/scanner/once"));
}
