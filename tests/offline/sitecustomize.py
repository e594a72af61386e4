"""Python imports this at its start when this folder is on PYTHONPATH: any socket beyond this machine fails."""
import sys

LOOPBACK = ("::1", "localhost", "0.0.0.0")


def _refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "localhost"  # a string is a Unix socket: this machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not str(host).startswith("127.") and host not in LOOPBACK:
        raise ConnectionError(f"the notebooks must run offline, and something asked for {host!r}")


sys.addaudithook(_refuse)
