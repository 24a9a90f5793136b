"""How a model's names become Rust's."""

import re

KEYWORDS = set(
    "abstract as async await become box break const continue do dyn else enum extern false final fn for gen if impl in"
    " let loop macro match mod move mut override priv pub ref return static struct trait true try type typeof unsafe"
    " unsized use virtual where while yield".split()
)
# These cannot be written raw.
RESERVED = {"self", "crate", "super", "_"}


def snake(name):
    """`clusterArn` to `cluster_arn`, `ec2InstanceId` to `ec2_instance_id`, `vpcIDs` to `vpc_ids`."""
    name = re.sub(r"[^0-9A-Za-z]+", "_", name)
    name = re.sub(r"IPv([46])", r"Ipv\1", name)
    # A plural acronym is one word: `ARNs` is not `AR_Ns`.
    name = re.sub(r"([A-Z]{2,})s(?![a-z])", lambda found: found[1].capitalize() + "s", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return name.lower()


def field(name):
    """The field of a member: an identifier that Rust takes."""
    name = snake(name)
    if name in RESERVED:
        return name + "_"
    if name in KEYWORDS:
        return "r#" + name
    return "_" + name if name[0].isdigit() else name


def fields(names):
    """One field for each member of a structure, no two alike."""
    taken, chosen = set(), []
    for name in names:
        name = field(name)
        while name in taken:
            name += "_"
        taken.add(name)
        chosen.append(name)
    return chosen


def types(names):
    """Shape names to type names: capitalised (`stringType`), and still no two alike."""
    chosen = {name: name for name in names if name[0].isupper() and name != "Self"}
    for name in sorted(set(names) - set(chosen)):
        wanted = "Self_" if name == "Self" else name[0].upper() + name[1:]
        while wanted in chosen.values():
            wanted += "_"
        chosen[name] = wanted
    return chosen


def module(service):
    """`application-autoscaling` to `application_autoscaling`."""
    return service.replace("-", "_")


def text(value):
    """A Rust string literal."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def raw(value):
    """A Rust raw string literal, with as many hashes as it takes."""
    hashes = ""
    while '"' + hashes in value:
        hashes += "#"
    return f'r{hashes}"{value}"{hashes}'
