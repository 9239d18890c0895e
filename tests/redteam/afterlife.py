"""Outlive the case: daemons, threads, signals, timers, leftovers for the next candidate."""

ATTACKS = {
    "a double-forked daemon": "import os, time\ndef f(x):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
    "            time.sleep(300)\n        os._exit(0)\n    return 0",
    "a daemon that spins": "import os\ndef f(x):\n    if os.fork() == 0:\n        os.setsid()\n        while True: pass\n    return 0",
    "a daemon deaf to signals": "import os, signal, time\ndef f(x):\n    if os.fork() == 0:\n        for s in range(1, 65):\n"
    "            try: signal.signal(s, signal.SIG_IGN)\n            except (OSError, ValueError): pass\n        time.sleep(300)\n    return 0",
    "threads that never end": "import threading, time\ndef f(x):\n    for _ in range(5): threading.Thread(target=time.sleep, args=(300,)).start()\n    return 0",
    "a timer that exits": "import signal, os\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(0))\nsignal.setitimer(0, 0.05)\n"
    "def f(x):\n    while True: pass",
    "deaf to its deadline": "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n"
    "    except (OSError, ValueError): pass\nsignal.alarm(0)\ndef f(x):\n    while True: pass",
    "blocks every signal": "import signal\nsignal.pthread_sigmask(0, range(1, 65))\ndef f(x):\n    while True: pass",
    "sleeps past its deadline": "import time\ndef f(x): time.sleep(300)",
    "hangs at exit": "import atexit\n@atexit.register\ndef g():\n    while True: pass\ndef f(x): return 0",
    "hangs in a destructor": "class A:\n    def __del__(s):\n        while True: pass\nkept = A()\ndef f(x):\n    global kept\n    kept = None",
    "files for the next candidate": "import os\nfor d in ('/tmp', '/dev/shm', '/var/tmp', '.', '/'):\n    try:\n"
    "        p = os.path.join(d, 'left_behind')\n        if os.path.exists(p): kept = 1\n        open(p, 'w').write('answers')\n"
    "    except OSError: pass\ndef f(x): return 0",
    "a socket for the next candidate": "import socket\ndef f(x):\n    s = socket.socket(socket.AF_UNIX)\n    s.bind('\\0left_behind')\n    return 0",
    "shared memory for the next candidate": "from multiprocessing import shared_memory\ndef f(x):\n"
    "    s = shared_memory.SharedMemory('left', create=True, size=99)\n    return 0",
    "System V memory for the next candidate": "import ctypes\ndef f(x):\n    assert ctypes.CDLL(None).shmget(77, 99, 0o1666) >= 0\n    return 0",
    "a key for the next candidate": "import ctypes\ndef f(x):\n"
    "    assert ctypes.CDLL(None).syscall(248, b'user', b'k', b'v', 1, -3) >= 0\n    return 0",
    "a lock on the runtime": "import fcntl, os\ndef f(x):\n    fd = os.open(os.__file__, os.O_RDONLY)\n    fcntl.flock(fd, fcntl.LOCK_EX)\n    return 0",
    "the working directory removed": "import os, shutil\ndef f(x):\n    d = os.getcwd()\n    os.chdir('/')\n    shutil.rmtree(d)\n    return 0",
    "the parent's death awaited": "import os, time\ndef f(x):\n    p = os.getpid()\n    if os.fork() == 0:\n        while True:\n"
    "            try: os.kill(p, 0)\n            except OSError: open('/tmp/free', 'w')\n    return 0",
}
