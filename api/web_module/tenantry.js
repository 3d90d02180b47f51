// Tenantry's web module. An event is kept until the API has answered for it: the API knows each event's id, so to
// send one again is always safe. It sets no cookie.
//
// `api/web_module/packing.py` makes what is served of it: without comments and spaces, and with one letter for each
// name that begins with an underscore. So each statement ends with a semicolon, and a comment has a line of its own.
(() => {
  const _early = globalThis.tenantry;
  if (_early?.init) return;

  // Events of one request and its bytes, of which browsers let 64 KiB outlive a page; events without a place in
  // storage, and those that a request of this page has.
  const _BATCH = 100, _BYTES = 6e4, _memory = new Map(), _underWay = new Set();
  let _address, _slot, _agreed, _user, _timer, _busy;
  let _most = _BATCH, _flying = 0, _failures = 0, _notBefore = 0, _last = 0;

  // Storage, or memory where that is blocked or full. Each event has an item of its own, so no tab writes over what
  // another one has written: `_slot` is the visitor's id, `_slot:` the user's, `_slot.ID` an event.
  const _stored = (_ask) => { try { return _ask(localStorage); } catch {} };
  const _get = (_name) => _stored((_all) => _all.getItem(_name)) ?? _memory.get(_name);
  const _put = (_name, _text) => _stored((_all) => (_all.setItem(_name, _text), 1)) || _memory.set(_name, _text);
  const _drop = (_name) => { _memory.delete(_name); _stored((_all) => _all.removeItem(_name)); };
  const _names = (_start) =>
    [...(_stored(Object.keys) ?? []), ..._memory.keys()].filter((_name) => _name.startsWith(_start)).sort();
  const _queue = () => _names(_slot + '.');

  // UUIDv7. Its 12 bits behind the milliseconds count, so that ids sort as they were made.
  const _uuid = () => {
    _last = Math.max(_last + 1, Date.now() * 4096);
    const _time = _last.toString(16).padStart(15, 0);
    const _chance = [...crypto.getRandomValues(new Uint32Array(2))].map((_one) => _one.toString(16).padStart(8, 0));
    const _end = _chance[0].slice(5) + '-' + _chance[0].slice(0, 4) + _chance[1];
    return _time.slice(0, 8) + '-' + _time.slice(8, 12) + '-7' + _time.slice(12) + '-a' + _end;
  };

  const _now = () => new Date().toISOString();
  const _ready = () => _agreed && _address;

  const _add = (_name, _properties = {}) => {
    if (!_agreed) return;
    if (!_get(_slot)) _put(_slot, _uuid());
    const _id = _uuid(), _page = location, _waiting = _queue();
    _put(_slot + '.' + _id, JSON.stringify({
      name: _name,
      eventId: _id,
      occurredAt: _now(),
      anonymousId: _get(_slot),
      appUserId: _get(_slot + ':') ?? undefined,
      properties: _properties,
      context: {
        page: {
          url: _page.origin + _page.pathname,
          path: _page.pathname,
          title: document.title,
          referrer: document.referrer.split(/[?#]/)[0],
        },
        userAgent: navigator.userAgent,
        locale: navigator.language,
      },
    }));
    // A thousand are kept.
    if (_waiting[999]) _drop(_waiting[0]);
    _waiting[_BATCH - 2] ? _flush() : _plan();
    return _id;
  };

  // Send the oldest events that no request of this page has. True where more may follow at once.
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
    // A body of plain text and no header of ours: such a request needs no other one before it.
    const _answer = await fetch(_address, {
      method: 'POST',
      body: '{"sentAt":"' + _now() + '","events":[' + _texts + ']}',
      credentials: 'omit',
      keepalive: _flying <= _BYTES,
      signal: AbortSignal.timeout?.(3e4),
    }).catch(() => 0);
    // Its bytes count until the answer has been read.
    await _answer.text?.().catch(() => 0);
    _flying -= _size;
    _batch.forEach((_name) => _underWay.delete(_name));
    // Only what was answered is dropped: all of a 202, and a single event that will never be taken.
    const _status = _answer.status, _never = [400, 413, 422].includes(_status);
    if (_status == 202 || _never && !_batch[1]) {
      _batch.forEach(_drop);
      _most = _BATCH;
      _failures = 0;
      return 1;
    }
    if (_never) return _most = _batch.length >> 1;
    // This page's key opens nothing; the next page may have another one.
    if (_status > 400 && _status < 500 && _status != 408 && _status != 429) return _address = 0;
    const _wait = Math.min(3e5, 1000 * 2 ** _failures++) * (1 - Math.random() / 2);
    _notBefore = Date.now() + (_status && _answer.headers.get('Retry-After') * 1000 || _wait);
  };

  const _sendAll = async () => {
    while (_ready() && Date.now() >= _notBefore && await _send()) {}
  };

  // One tab sends at a time, where the browser has locks; without them what two tabs send counts once.
  const _flush = () => _busy ??= (async () => {
    try {
      await navigator.locks.request(_slot, { ifAvailable: true }, (_lock) => _lock && _sendAll());
    } catch {
      await _sendAll();
    }
    _busy = null;
    _plan();
  })();

  const _plan = () => {
    if (_ready() && _queue()[0]) _timer ??= setTimeout(() => {
      _timer = null;
      if (_ready()) _flush();
    }, Math.max(5e3, _notBefore - Date.now()));
  };

  // The page ends, or is hidden and may never be seen again.
  const _leave = () => {
    if (_ready() && (_memory.size || Date.now() >= _notBefore)) _send().then(_plan);
  };
  addEventListener('pagehide', _leave);
  addEventListener('visibilitychange', () => document.hidden && _leave());
  addEventListener('online', () => {
    _notBefore = 0;
    if (_ready()) _flush();
  });
  // Another tab has taken the consent back.
  addEventListener('storage', (_event) => {
    if (_slot && _event.key == _slot && !_event.newValue) _api.consent(false);
  });

  const _api = globalThis.tenantry = {
    init: (_options) => {
      const _key = _options.key;
      if (!_key || !_options.endpoint) return console.error('tenantry: no endpoint or no key');
      _address = _options.endpoint + '?key=' + _key;
      _slot = 'tenantry.' + _key.slice(4, 44);
      _api.consent(_options.consent);
    },
    track: _add,
    page: (_properties) => _add('$page', { path: location.pathname, ..._properties }),
    identify: (_id, _traits) => {
      _user = _agreed ? 0 : _id;
      if (!_agreed) return;
      if (_id) {
        _put(_slot + ':', '' + _id);
        return _add('$identify', _traits);
      }
      _drop(_slot + ':');
      _put(_slot, _uuid());
    },
    // Null says that nobody has been asked yet: what an earlier page has kept stays, unsent.
    consent: (_yes = true) => {
      _agreed = _yes && _slot;
      if (_slot && _yes === false) _names(_slot).forEach(_drop);
      if (_agreed && _user) _api.identify(_user);
      _plan();
    },
    flush: async () => _ready() && _flush(),
    push: (_call) => _api[_call.shift()](..._call),
  };
  // Calls that came before this file, as `(window.tenantry ||= []).push(['page'])`.
  _early?.forEach(_api.push);
})();
