"""Whether a server can listen where it is going to, and in a sentence why not."""

import errno
import os
import socket

from gevent.pywsgi import WSGIServer

from hubusers.settings.access import SettingsError


def check_port_is_free(server: WSGIServer, what: str, *, host_option: str, port_option: str) -> None:
    """Listen for a moment.

    Args:
        server: Has not begun to listen, and is closed afterwards.
        what: What listens, at the beginning of a sentence, as in "The web UI".
        host_option: Gives the address.
        port_option: Gives the port.

    Raises:
        SettingsError: It could not listen there.
    """
    host, port = server.server_host, server.server_port
    try:
        server.init_socket()
    except OverflowError:
        raise SettingsError(
            f"Port {port} ({port_option}) cannot be used: a port is a number from 0 to 65535."
        ) from None
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise SettingsError(
                f"{what} cannot listen on {host} ({host_option}): this is not an address of this machine. Choose one "
                "of its addresses, or leave it out."
            ) from None
        reason = os.strerror(error.errno or 0)  # gevent adds the address to its own text
        forgotten = " Perhaps another run is still open." if error.errno == errno.EADDRINUSE else ""
        another = f"Choose another port with {port_option}."
        raise SettingsError(
            f"Port {port} cannot be used for {what[0].lower()}{what[1:]}: {reason}.{forgotten} {another}"
        ) from None
    finally:
        server.close()
