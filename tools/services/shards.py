"""The shards of an exchange, from the file that lists them (services/sauda/shards.h): one engine and one history writer each.

Where the engines are asked is not the file's to say here: their ports are chosen at each start, and the programs read a
copy of the file with them.
"""
import json
import os
import tomllib

from paths import write_private
from settings import BadSettings


class Shard:
    def __init__(self, row, engine_port):
        self.row = row
        self.name = row["name"]
        self.number = row["number"]
        self.engine_port = engine_port

    def file(self, name):
        """Of a program or folder of its own, `name` as it is called where there is one shard."""
        return name if self.number == 0 else f"{name}-{self.name}"

    def data_dir(self, data_dir):
        """An exchange that is given a second shard keeps its first where it was."""
        return data_dir if self.number == 0 else os.path.join(data_dir, "shards", self.name)


def read_shards(path, ports):
    """Those of the file, or the one of an exchange without a file; and what is in it besides."""
    if not path:
        return [Shard({"name": None, "number": 0}, ports.free())], []
    try:
        with open(path, "rb") as file:
            told = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise BadSettings(f"{path}: {problem}") from problem
    rows = told.get("shard", [])
    if not rows or not all(isinstance(row.get("name"), str) and isinstance(row.get("number"), int) for row in rows):
        raise BadSettings(f"{path}: each [[shard]] needs a name and a number; see ops/services/shards.toml")
    return [Shard(row, ports.free()) for row in rows], told.get("transferable", [])


def write_shards(path, shards, transferable):
    """The file as the programs read it."""
    lines = [f"transferable = {json.dumps(transferable)}"]
    for shard in shards:
        row = {**shard.row, "engine": f"http://127.0.0.1:{shard.engine_port}"}
        lines += ["", "[[shard]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
    return write_private(path, "\n".join(lines) + "\n")
