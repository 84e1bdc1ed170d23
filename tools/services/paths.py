"""Where the repository's files are, and the folders that the services write."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("SAUDA", os.path.join(ROOT, "build", "release", "sauda"))


def template(name):
    """A configuration file as operators find it in the repository."""
    with open(os.path.join(ROOT, "ops", "services", name), encoding="utf-8") as file:
        return file.read()


def private_folder(*parts):
    """Makes it where it is missing, for its owner alone."""
    path = os.path.join(*parts)
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def write_private(path, text):
    """Replaces a file as a whole; only its owner reads it."""
    temporary = path + ".tmp"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(temporary, path)
    return path
