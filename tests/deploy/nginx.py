"""nginx with a configuration of deploy/, on ports of this test."""

import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from db.server import build_parent_death_signal_prefix, find_free_port
from tests.deploy import forms
from tests.deploy.forms import DEPLOY
from tests.waiting import PATIENCE_S, until

HOST_NAME = "api.example.com"


def create_certificate(folder: Path) -> Path:
    """Create a certificate in the folder that only this test trusts; return the folder."""
    subject: list[str] = ["-subj", f"/CN={HOST_NAME}", "-addext", f"subjectAltName=DNS:{HOST_NAME}"]
    outputs = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*command, *subject, *outputs], check=True, capture_output=True)
    return folder


@contextmanager
def running_nginx(name: str, folder: Path, replacements: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Yield the ports of nginx, plain and TLS, with a file of deploy/ and other values in it."""
    http_port, tls_port = find_free_port(), find_free_port()
    config = folder / "nginx.conf"
    config.write_text(complete_config(name, http_port, tls_port, folder, replacements))
    words = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(config)]
    subprocess.run([*words, "-t"], check=True, capture_output=True)
    with subprocess.Popen(
        [*build_parent_death_signal_prefix(signal.SIGTERM), *words], stderr=subprocess.DEVNULL
    ) as nginx:
        try:
            until(lambda: is_up(http_port))
            yield http_port, tls_port
        finally:
            nginx.terminate()
            nginx.wait(PATIENCE_S)


def complete_config(name: str, http_port: int, tls_port: int, folder: Path, replacements: Mapping[str, str]) -> str:
    """Return a complete configuration: the file of deploy/ with the ports and paths of this test."""
    ours = {
        "listen 80;": f"listen 127.0.0.1:{http_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{tls_port} ssl;",
        "/etc/ssl/tenantry/": f"{folder}/",
    }
    config = forms.replace_defaults((DEPLOY / "nginx" / name).read_text(), {**ours, **replacements})
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{config}\n}}\n"


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S).status_code == 301
    except httpx.TransportError:
        return False


def open_tls_client(port: int, certificate: Path, headers: Mapping[str, str]) -> httpx.AsyncClient:
    """Open a client of nginx that trusts the certificate in this folder."""
    trusted = ssl.create_default_context(cafile=certificate / "fullchain.pem")
    trusted.check_hostname = False
    return httpx.AsyncClient(
        base_url=f"https://127.0.0.1:{port}", headers={"Host": HOST_NAME, **headers}, verify=trusted, timeout=PATIENCE_S
    )
