"""A model as Rust: one `wire::shapes!` and one `wire::service!` for each service."""

from model import KINDS, Refused
from names import fields, module, raw, text

TIMES = {"iso8601": "Iso8601", "unixTimestamp": "UnixTimestamp", "rfc822": "Rfc822"}
PLACES = {"header": "header", "headers": "headers", "uri": "uri", "querystring": "query"}


def write_service(model, version):
    lines = [
        f"//! The shapes of `{model.service}` {model.metadata['apiVersion']}, as facts.",
        "//!",
        f"//! Written by `cargo xtask api` from botocore {version}; never by hand. To change it, see",
        "//! docs/add-an-operation.md.",
        "",
    ]
    return "\n".join(lines + shapes(model) + [""] + service(model)) + "\n"


def shapes(model):
    plain, bounded, lists, maps, structures = [], [], [], [], []
    for name in sorted(model.shapes, key=lambda name: model.names[name]):
        shape, ty = model.shapes[name], model.names[name]
        if shape["type"] == "list":
            of, sets = shape["member"], bounds(shape) + called("element", shape["member"])
            lists.append(f"{ty} of {model.names[of['shape']]}{spaced(sets)};")
        elif shape["type"] == "map":
            key, value = shape["key"], shape["value"]
            sets = bounds(shape) + called("element", value) + called("key_named", key)
            maps.append(f"{ty} of {model.names[key['shape']]} {model.names[value['shape']]}{spaced(sets)};")
        elif model.is_structure(name):
            structures.extend(structure(model, name))
        else:
            kind = "Document" if shape.get("document") else KINDS[shape["type"]]
            sets = bounds(shape)
            (bounded if sets else plain).append(f"{kind} {ty}{spaced(sets)};")

    lines = ["wire::shapes! {"]
    for word, rows in (("plain", plain), ("with", bounded), ("lists", lists), ("maps", maps), ("structures", structures)):
        lines += block(word, rows, "    ")
    return lines + ["}"]


def block(word, rows, indent):
    if not rows:
        return [f"{indent}{word} {{}}"]
    return [f"{indent}{word} {{"] + [f"{indent}    {row}" for row in rows] + [f"{indent}}}"]


def bounds(shape):
    """The setters of a `Type`."""
    sets = "".join(f".{end}({float(shape[end])!r})" for end in ("min", "max") if end in shape)
    if "pattern" in shape:
        sets += f".pattern({raw(shape['pattern'])})"
    if "enum" in shape:
        sets += f".one_of(&[{', '.join(text(value) for value in shape['enum'])}])"
    if shape.get("sensitive"):
        sets += ".sensitive()"
    if "timestampFormat" in shape:
        sets += time(shape)
    if shape.get("flattened"):
        sets += ".flat()"
    return sets


def spaced(sets):
    return f" {sets}" if sets else ""


def time(facts):
    return f".time(wire::schema::TimeFormat::{TIMES[facts['timestampFormat']]})"


def called(setter, reference):
    return f".{setter}({text(reference['locationName'])})" if "locationName" in reference else ""


def structure(model, name):
    shape = model.shapes[name]
    make = "events" if shape.get("eventstream") else "union" if shape.get("union") else "new"
    rows = []
    for rust, (member, reference) in zip(fields(shape["members"]), shape["members"].items()):
        ty = model.names[reference["shape"]] + ("<boxed>" if (name, member) in model.boxed else "")
        rows.append(f"{rust} {text(member)}: {ty}{spaced(member_facts(model, shape, member, reference))};")
    lines = block(f"Structure::{make} {model.names[name]}", rows, "")
    lines[-1] += spaced(".sensitive()" if shape.get("sensitive") else "")
    return lines


def member_facts(model, shape, member, reference):
    """The setters of a `Member`."""
    # What a shape says of its place holds for every member of that shape, unless the member says otherwise.
    target = model.shapes[reference["shape"]]
    facts = {key: target[key] for key in ("locationName", "xmlNamespace") if key in target} | reference
    name, place, sets = facts.get("locationName"), facts.get("location"), ""
    if shape.get("payload") == member:
        sets += ".payload()"
    elif place == "statusCode":
        sets += ".status_code()"
    elif place == "querystring" and target["type"] == "map":
        sets += ".query_map()"
    elif place in PLACES:
        sets += f".{PLACES[place]}({text(name or member)})"
    elif place:
        raise Refused(f"{model.service} puts a member at {place}")
    if name and (not place or shape.get("payload") == member):
        sets += f".named({text(name)})"
    if "queryName" in facts:
        sets += f".ec2({text(facts['queryName'])})"
    if facts.get("flattened"):
        sets += ".flat()"
    if "timestampFormat" in facts:
        sets += time(facts)
    if facts.get("xmlAttribute"):
        sets += ".attribute()"
    if "xmlNamespace" in facts:
        sets += f".namespace({text(namespace(facts))})"
    if shape.get("eventstream") and target.get("exception"):
        sets += ".exception()"
    if member in shape.get("required", []):
        sets += ".required()"
    if facts.get("idempotencyToken"):
        sets += ".token()"
    return sets


def namespace(facts):
    said = facts.get("xmlNamespace", "")
    return said if isinstance(said, str) else said["uri"]


def service(model):
    meta, ids = model.metadata, module(model.service).upper()
    known = text(model.service)
    signing = text(meta.get("signingName", meta["endpointPrefix"]))
    lines = [
        "wire::service! {",
        f"    /// {meta['serviceFullName']}.",
        f"    {ids} {{",
        f"        id: {known}, signing: {signing}, endpoint: {text(meta['endpointPrefix'])}, "
        f"version: {text(meta['apiVersion'])},",
        f"        protocols: [{', '.join(model.protocols())}], target: {text(meta.get('targetPrefix', ''))}, "
        f"namespace: {text(namespace(meta))},",
    ]
    if "awsQueryCompatible" in meta:
        lines.append("        query_compatible: true,")
    lines += ["    }"]
    faults = [f"{model.names[name]} {text(code)} {status};" for name, (code, status) in model.faults().items()]
    lines += block("faults", faults, "    ") + ["    operations {"]
    for name, operation in model.operations.items():
        http = operation["http"]
        ends = [model.names[operation[end]["shape"]] if end in operation else "" for end in ("input", "output")]
        wrapper = operation.get("output", {}).get("resultWrapper")
        faults = sorted(model.names[error["shape"]] for error in operation.get("errors", []))
        lines.append(
            f"        {name} {http['method']} {text(http['requestUri'])} {http.get('responseCode', 200)}"
            f" ({ends[0]}) -> ({ends[1]})" + (f" wrapper {text(wrapper)}" if wrapper else "")
            + f" [{', '.join(faults)}];"
        )
    return lines + ["    }", "}"]


def write_lib(models, version):
    lines = [
        "//! The shapes of each AWS service, as facts.",
        "//!",
        "//! For: saying what each service's operations take, give and refuse, in the macro language of `wire`. One module",
        "//! a service: a Rust type for each shape, a `static` of the same name in its `facts`, a unit struct for each",
        "//! operation in its `op`, and the faults that the model declares in its `fault`.",
        "//!",
        "//! Must never know: what an operation means. That is `services`.",
        "//!",
        f"//! Written by `cargo xtask api` from botocore {version}; never by hand. Which services and operations are here",
        "//! is said in `api.toml`.",
        "",
        "// Names are the models' own.",
        "#![allow(non_camel_case_types)]",
        "",
    ]
    modules = [module(model.service) for model in models]
    lines += [f"pub mod {name};" for name in modules]
    lines += ["", "/// Every service, in the order of its id.", "pub static SERVICES: &[&wire::Service] = &["]
    lines += [f"    &{name}::{name.upper()}," for name in modules]
    return "\n".join(lines + ["];"]) + "\n"
