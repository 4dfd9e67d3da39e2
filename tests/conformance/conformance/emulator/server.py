"""The emulator as a process: `python -m conformance.emulator.server PORT`."""

import logging
import sys
import threading

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from .kind import Place
from .moto_cloudformation import install


def main(port: int) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install()
    Place.endpoint = f"http://127.0.0.1:{port}"
    ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
