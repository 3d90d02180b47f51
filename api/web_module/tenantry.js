// Tenantry's web module. It stores an event until the API has answered for it. The API stores each event id once, so
// a retry is always safe. The module sets no cookie.
//
// `api/web_module/packing.py` minifies it: comments and spaces go, and names that begin with an underscore get one
// letter. So each statement must end with a semicolon, and a comment must have its own line.
(() => {
  const _early = globalThis.tenantry;
  if (_early?.init) return;

  // Limits of one request: events, and bytes (browsers let 64 KiB outlive a page). Then the events that storage could
  // not take, and the events in a running request of this page.
  const _BATCH = 100, _BYTES = 6e4, _memory = new Map(), _underWay = new Set();
  let _address, _slot, _agreed, _user, _timer, _busy;
  let _most = _BATCH, _flying = 0, _failures = 0, _notBefore = 0, _last = 0;

  // Local storage, or memory if storage is blocked or full. Each event has its own item, so that tabs don't overwrite
  // each other: `_slot` is the visitor's id, `_slot:` the user's, `_slot.` and its id an event.
  const _stored = _ask => {
    try {
      return _ask(localStorage);
    } catch {}
  };
  const _get = _name => _stored(_all => _all.getItem(_name)) ?? _memory.get(_name);
  const _put = (_name, _text) =>
    _stored(_all => (_all.setItem(_name, _text), 1)) || _memory.set(_name, _text);
  const _drop = _name => {
    _memory.delete(_name);
    _stored(_all => _all.removeItem(_name));
  };
  const _names = _start =>
    [...(_stored(Object.keys) ?? []), ..._memory.keys()].filter(_name => _name.startsWith(_start)).sort();
  const _queue = () => _names(_slot + ".");

  // UUIDv7. The 12 bits after the milliseconds are a counter, so that ids sort by creation.
  const _uuid = () => {
    _last = Math.max(_last + 1, Date.now() * 4096);
    const _time = _last.toString(16).padStart(15, 0);
    const _chance = [...crypto.getRandomValues(new Uint32Array(2))].map(_one =>
      _one.toString(16).padStart(8, 0)
    );
    const _end = _chance[0].slice(5) + "-" + _chance[0].slice(0, 4) + _chance[1];
    return _time.slice(0, 8) + "-" + _time.slice(8, 12) + "-7" + _time.slice(12) + "-a" + _end;
  };

  const _now = () => new Date().toISOString();
  const _ready = () => _agreed && _address;

  const _add = (_name, _properties = {}) => {
    if (!_agreed) return;
    if (!_get(_slot)) _put(_slot, _uuid());
    const _id = _uuid(), _page = location, _waiting = _queue();
    _put(_slot + "." + _id,
      JSON.stringify({ name: _name, eventId: _id, occurredAt: _now(), anonymousId: _get(_slot),
        appUserId: _get(_slot + ":") ?? undefined, properties: _properties,
        context: {
          page: { url: _page.origin + _page.pathname, path: _page.pathname, title: document.title,
            referrer: document.referrer.split(/[?#]/)[0] },
          userAgent: navigator.userAgent,
          locale: navigator.language
        } }));
    // At most a thousand events are stored.
    if (_waiting[999]) _drop(_waiting[0]);
    _waiting[_BATCH - 2] ? _flush() : _plan();
    return _id;
  };

  // Send the oldest events that are in no running request. Returns whether another batch may follow at once.
  const _send = async () => {
    const _batch = [], _texts = [];
    let _size = 60;
    for (const _name of _queue()) {
      const _text = !_underWay.has(_name) && _get(_name);
      if (!_text) continue;
      const _more = new Blob([_text]).size + 1;
      if (_texts[0] && (_texts[_most - 1] || _size + _more > _BYTES - _flying)) break;
      _size += _more;
      _batch.push(_name);
      _texts.push(_text);
      _underWay.add(_name);
    }
    if (!_texts[0]) return;
    _flying += _size;
    // A plain-text body without custom headers: such a request needs no CORS preflight.
    const _answer = await fetch(_address, { method: "POST",
      body: '{"sentAt":"' + _now() + '","events":[' + _texts + "]}", credentials: "omit",
      keepalive: _flying <= _BYTES, signal: AbortSignal.timeout?.(3e4) }).catch(() => 0);
    // Its bytes count until the answer is read.
    await _answer.text?.().catch(() => 0);
    _flying -= _size;
    for (const _name of _batch) _underWay.delete(_name);
    // Only answered events are dropped: all of a 202, and a single event that the API will never accept.
    const _status = _answer.status, _never = [400, 413, 422].includes(_status);
    if (_status == 202 || _never && !_batch[1]) {
      _batch.forEach(_drop);
      _most = _BATCH;
      _failures = 0;
      return 1;
    }
    if (_never) return _most = _batch.length >> 1;
    // This page's key is invalid; the next page may have another one.
    if (_status > 400 && _status < 500 && _status != 408 && _status != 429) return _address = 0;
    const _wait = Math.min(3e5, 1000 * 2 ** _failures++) * (1 - Math.random() / 2);
    _notBefore = Date.now() + (_status && _answer.headers.get("Retry-After") * 1000 || _wait);
  };

  const _sendAll = async () => {
    while (_ready() && Date.now() >= _notBefore && await _send()) {}
  };

  // One tab sends at a time if the browser supports locks. Otherwise the API drops duplicates of two tabs.
  const _flush = () =>
    _busy ||= (async () => {
      try {
        await navigator.locks.request(_slot, { ifAvailable: true }, _lock => _lock && _sendAll());
      } catch {
        await _sendAll();
      }
      _busy = 0;
      _plan();
    })();

  const _plan = () => {
    if (_ready() && _queue()[0])
      _timer ||= setTimeout(() => {
        _timer = 0;
        if (_ready()) _flush();
      }, Math.max(5e3, _notBefore - Date.now()));
  };

  // The page ends, or is hidden and may not return.
  const _leave = () => {
    if (_ready() && (_memory.size || Date.now() >= _notBefore)) _send().then(_plan);
  };
  addEventListener("pagehide", _leave);
  addEventListener("visibilitychange", () => document.hidden && _leave());
  addEventListener("online", () => {
    _notBefore = 0;
    if (_ready()) _flush();
  });
  // Another tab has withdrawn the consent.
  addEventListener("storage", _event => {
    if (_slot && _event.key == _slot && !_event.newValue) _api.consent(false);
  });

  const _api = globalThis.tenantry = {
    init: _options => {
      const _key = _options.key;
      if (!_key || !_options.endpoint) return console.error("tenantry: no endpoint or no key");
      _address = _options.endpoint + "?key=" + _key;
      _slot = "tenantry." + _key.slice(4, 44);
      _api.consent(_options.consent);
    },
    track: _add,
    page: _properties => _add("$page", { path: location.pathname, ..._properties }),
    identify: (_id, _traits) => {
      _user = _agreed ? 0 : _id;
      if (!_agreed) return;
      if (_id) {
        _put(_slot + ":", "" + _id);
        return _add("$identify", _traits);
      }
      _drop(_slot + ":");
      _put(_slot, _uuid());
    },
    // Null means that the visitor wasn't asked yet: stored events of earlier pages stay unsent.
    consent: (_yes = true) => {
      _agreed = _yes && _slot;
      if (_slot && _yes === false) _names(_slot).forEach(_drop);
      if (_agreed && _user) _api.identify(_user);
      _plan();
    },
    flush: async () => _ready() && _flush(),
    push: _call => _api[_call.shift()](..._call)
  };
  // Calls before this file was loaded, as `(window.tenantry ||= []).push(['page'])`.
  _early?.forEach(_api.push);
})();
