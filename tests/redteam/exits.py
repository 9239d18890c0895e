"""Leave before anyone looks: exits, signals, exceptions that pass for success."""

ATTACKS = {
    "exit with status 0 at import": "import os\nos._exit(0)",
    "sys.exit in the call": "import sys\ndef f(x): sys.exit(0)",
    "os._exit in the call": "import os\ndef f(x): os._exit(0)",
    "raise SystemExit without a code": "def f(x): raise SystemExit",
    "raise KeyboardInterrupt": "def f(x): raise KeyboardInterrupt",
    "raise GeneratorExit": "def f(x): raise GeneratorExit",
    "raise StopIteration": "def f(x): raise StopIteration(x)",
    "kill itself": "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)",
    "kill its process group": "import os, signal\ndef f(x): os.killpg(0, signal.SIGKILL)",
    "kill every process": "import os, signal\ndef f(x):\n    try: os.kill(-1, signal.SIGKILL)\n    except OSError: pass",
    "kill its parent": "import os, signal\ndef f(x):\n    for p in (0, 1, 2, os.getppid()):\n"
    "        try: os.kill(p, signal.SIGTERM)\n        except OSError: pass",
    "abort": "import os\ndef f(x): os.abort()",
    "crash the interpreter": "import ctypes\ndef f(x): ctypes.string_at(0)",
    "exec another program": "import os, sys\ndef f(x): os.execv('/proc/self/exe', ['x'])",
    "exec the interpreter": "import os, sys\ndef f(x): os.execv(sys.executable, [sys.executable, '-c', 'pass'])",
    "leave from a thread": "import threading, os\ndef f(x):\n    threading.Thread(target=os._exit, args=(0,)).start()\n"
    "    threading.Event().wait(1)",
    "leave at exit": "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return None",
    "replace the excepthook": "import sys, os\nsys.excepthook = lambda *a: os._exit(0)\ndef f(x): 1 / 0",
    "an unraisable hook": "import sys, os\nsys.unraisablehook = lambda *a: os._exit(0)\n"
    "class A:\n    def __del__(self): 1 / 0\ndef f(x): A()",
    "stop itself": "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGSTOP)",
    "return from the module by exception": "class E(BaseException): pass\ndef f(x): raise E(0)",
    "an exception whose text never ends": "class E(Exception):\n    def __str__(self):\n        while True: pass\n"
    "def f(x): raise E",
    "an exception whose text exits": "import os\nclass E(Exception):\n    def __str__(self): os._exit(0)\n"
    "def f(x): raise E",
}
