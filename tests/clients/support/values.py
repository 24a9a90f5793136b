"""Random values of botocore's shapes, and what both sides make of a value.

A value is what a boto3 user would give. `plain` brings it into one form that JSON can carry, so that values which came
by different roads can be compared.
"""

import base64
import datetime
import math

from hypothesis import strategies as st

DEPTH = 5
# The nodes that one value may have, about. Past them only what is required is drawn.
NODES = 120
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
END = 4102444800000  # the year 2100, in milliseconds
INT, LONG = 1 << 31, 1 << 63

HEADER_TEXT = st.text("abcXYZ0189-_.:/=@+", min_size=1, max_size=12)
PATH_TEXT = st.text("abcXYZ01 %+&=:éß?#\"~'😀", min_size=1, max_size=12)
# What XML 1.0 can carry at all.
XML_TEXT = st.text(
    st.one_of(st.characters(min_codepoint=32, max_codepoint=0xD7FF), st.sampled_from("\t\n\r<>&\"']😀")), max_size=20
)
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["null", "0", '"q\\"', "\u2028", "</&>", "a" * 300, "\x00", "\x7f", "true", " "]),
)

# Any JSON; but nothing at all is no value, and the same as an absent member.
DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers(-INT, INT) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2),
    max_leaves=4,
).filter(lambda drawn: drawn is not None)


def value(shape, protocol, into, likely=None, without=()):
    """Values of a structure. `into` is `request` or `answer`: protocols differ in what they can say each way.

    Most texts are `likely` ones, when there are any for the name of their member, or else for the name "". Optional
    members that are listed in `without`, as `Shape.member`, are never drawn.
    """
    return st.composite(lambda draw: Draw(draw, protocol, into, likely, without).structure(shape, DEPTH))()


class Draw:
    def __init__(self, draw, protocol, into, likely, without):
        self.draw, self.left, self.likely, self.without = draw, NODES, likely or {}, without
        self.xml = protocol in ("query", "ec2") and into == "answer"
        # A form can't say that a structure, a list or a map is there and empty.
        self.form = protocol in ("query", "ec2") and into == "request"

    def structure(self, shape, depth):
        required = set(shape.required_members)
        if shape.is_tagged_union:
            chosen = {self.draw(st.sampled_from(list(shape.members)))}
        elif depth <= 0 or self.left <= 0:
            chosen = set()
        else:
            open_to_all = [name for name in shape.members if f"{shape.name}.{name}" not in self.without]
            some = st.lists(st.sampled_from(open_to_all), unique=True, max_size=12) if open_to_all else st.just([])
            chosen = set(self.draw(some))
        # What stands in the path is always there.
        chosen |= required | {name for name, member in shape.members.items() if place(member) == "uri"}
        if self.form and not chosen and shape.members:
            chosen = {next((n for n, m in shape.members.items() if is_scalar(m)), next(iter(shape.members)))}
        return {name: self.any(member, depth - 1, name) for name, member in shape.members.items() if name in chosen}

    def any(self, shape, depth, name):
        self.left -= 1
        match shape.type_name:
            case "structure" if shape.is_document_type:
                return self.draw(DOCUMENT)
            case "structure":
                return self.structure(shape, depth)
            case "list":
                low, high = self.sizes(shape, depth)
                return [self.any(shape.member, depth - 1, name) for _ in range(self.draw(st.integers(low, high)))]
            case "map":
                low, high = self.sizes(shape, depth)
                keys = self.draw(st.lists(self.text(shape.key, name), min_size=low, max_size=high, unique=True))
                return {key: self.any(shape.value, depth - 1, name) for key in keys}
            case "string":
                return self.draw(self.text(shape, name))
            case "boolean":
                return self.draw(st.booleans())
            case "integer":
                return self.draw(number(shape, INT))
            case "long":
                return self.draw(number(shape, LONG))
            case "float" | "double":
                low, high = shape.metadata.get("min"), shape.metadata.get("max")
                if low is not None or high is not None:
                    return self.draw(st.floats(low, high, allow_nan=False, allow_infinity=False))
                return self.draw(st.floats(width=32 if shape.type_name == "float" else 64))
            case "timestamp":
                millis = self.draw(st.integers(0, END))
                seconds_only = place(shape) == "header" or shape.serialization.get("timestampFormat") == "rfc822"
                return EPOCH + datetime.timedelta(milliseconds=millis // 1000 * 1000 if seconds_only else millis)
            case "blob":
                return self.draw(st.binary(max_size=16))
        raise AssertionError(f"a shape of type {shape.type_name}")

    def sizes(self, shape, depth):
        least = max(shape.metadata.get("min", 0), 1 if self.form else 0)
        most = max(least, 1 if depth <= 0 or self.left <= 0 else 3)
        return least, min(most, shape.metadata.get("max", most))

    def text(self, shape, name):
        if getattr(shape, "enum", None):
            return st.sampled_from(shape.enum)
        likely = self.likely.get(name) or self.likely.get("")
        if likely and self.draw(st.integers(0, 19)) < 18:
            return st.sampled_from(likely)
        if place(shape) in ("header", "headers"):
            return HEADER_TEXT
        if place(shape) in ("uri", "querystring"):
            return PATH_TEXT
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
        text = XML_TEXT if self.xml or self.form else TEXT
        if high is not None:
            text = text.map(lambda drawn: drawn[: int(high)])
        return text.map(lambda drawn: drawn.ljust(low, "a")) if low else text


def number(shape, bound):
    low, high = int(shape.metadata.get("min", -bound)), int(shape.metadata.get("max", bound - 1))
    edges = [n for n in (0, 1, -1, 23, 24, 255, 256, 65535, 65536, low, high) if low <= n <= high]
    return st.sampled_from(edges) | st.integers(low, high)


def place(shape):
    return shape.serialization.get("location")


def is_scalar(shape):
    return shape.type_name not in ("structure", "list", "map")


def whole(shape, seen=()):
    """One value with every member that the shape has, as deep as it goes without turning in circles."""
    match shape.type_name:
        case "structure" if shape.is_document_type:
            return {"a": [1, "x", None, True]}
        case "structure":
            if shape.name in seen:
                return {}
            members = shape.members.items()
            if shape.is_tagged_union:
                members = list(members)[:1]
            return {name: whole(member, (*seen, shape.name)) for name, member in members}
        case "list":
            inner = whole(shape.member, seen)
            return [] if inner == {} else [inner]
        case "map":
            return {"key": whole(shape.value, seen)}
        case "string":
            return shape.enum[-1] if getattr(shape, "enum", None) else "a" * max(1, shape.metadata.get("min", 1))
        case "boolean":
            return True
        case "integer" | "long":
            return int(shape.metadata.get("min", 7))
        case "float" | "double":
            return float(shape.metadata.get("min", 1.5))
        case "timestamp":
            return EPOCH + datetime.timedelta(days=20000)
        case "blob":
            return b"\x00\xff"


def plain(shape, value):
    """The value as our side writes it in JSON."""
    match shape.type_name:
        case "structure" if shape.is_document_type:
            return value
        case "structure":
            return {name: plain(shape.members[name], inner) for name, inner in value.items() if name in shape.members}
        case "list":
            return [plain(shape.member, inner) for inner in value]
        case "map":
            return {key: plain(shape.value, inner) for key, inner in value.items()}
        case "timestamp":
            return moment(shape, value)
        case "blob":
            return base64.b64encode(value).decode()
        case "float" | "double" if isinstance(value, str):
            return value  # the parsers of JSON leave "Infinity" and its kin as they find them
        case "float" | "double" if math.isnan(value):
            return "NaN"
        case "float" | "double" if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
    return value


def moment(shape, value):
    millis = round((value - EPOCH) / datetime.timedelta(milliseconds=1))
    kind = (shape.serialization.get("timestampFormat") or "unixTimestamp").lower()
    if kind == "iso8601":
        return value.strftime("%Y-%m-%dT%H:%M:%S") + (f".{millis % 1000:03d}" if millis % 1000 else "") + "Z"
    assert kind == "unixtimestamp", f"no service has {kind} yet; say here how our JSON writes it"
    return millis / 1000 if millis % 1000 else millis // 1000
