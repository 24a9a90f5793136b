"""Writes the crate `api` from the models that botocore carries.

Run by `cargo xtask api [--check]` with the Python of the tools' virtual environment, where the pinned botocore is.
Models are data here; no sentence of theirs is written anywhere.
"""

import argparse
import gzip
import json
import pathlib
import sys
import tomllib

import botocore
from model import Model, Refused
from names import module
from write import write_lib, write_service


def load(service):
    """The newest version of a service's model."""
    folder = pathlib.Path(botocore.__file__).parent / "data" / service
    versions = sorted(path.name for path in folder.glob("*") if path.is_dir())
    if not versions:
        raise Refused(f"botocore {botocore.__version__} has no service {service}")
    with gzip.open(folder / versions[-1] / "service-2.json.gz") as file:
        return json.load(file)


def generate(listed):
    """File name to text, for every file under `crates/api/src`."""
    models = [Model(service, load(service), listed[service]) for service in sorted(listed)]
    files = {f"{module(model.service)}.rs": write_service(model, botocore.__version__) for model in models}
    files["lib.rs"] = write_lib(models, botocore.__version__)
    return files


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("crate", type=pathlib.Path)
    arguments.add_argument("--check", action="store_true", help="write nothing; fail when a file would change")
    arguments = arguments.parse_args()
    with open(arguments.crate / "api.toml", "rb") as file:
        listed = tomllib.load(file)
    try:
        wanted = generate(listed)
    except Refused as refused:
        sys.exit(f"error: {refused}")

    source = arguments.crate / "src"
    found = {path.name: path.read_text(encoding="utf-8") for path in source.glob("*.rs")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if arguments.check:
        if stale:
            sys.exit(f"error: run `cargo xtask api`, which would change: {', '.join(stale)}")
        return
    for name in stale:
        if name in wanted:
            (source / name).write_text(wanted[name], encoding="utf-8")
        else:
            (source / name).unlink()
        print(f"changed {name}")


main()
