/* Badges at the door. A scan is encrypted and kept on this device first, then sent; what was answered is deleted. Without this file
   the form sends one badge at a time. Nothing makes a sound. */
(function () {
  'use strict';
  var doc = document, door = doc.getElementById('door');
  if (!door || !window.fetch) return;
  var form = doc.getElementById('badge-form'), input = doc.getElementById('badge-code'), last = doc.getElementById('last-scan');
  var pending = doc.getElementById('pending'), here = doc.getElementById('here');
  var sheet = door.getAttribute('data-sheet'), most = Number(door.getAttribute('data-most'));
  var subtle = window.crypto && window.crypto.subtle, names = {}, seen = {}, store = null, key = null, sending = false, again = false;
  var word = function (name, values) {
    return Object.keys(values || {}).reduce(function (text, part) { return text.replace('{' + part + '}', values[part]); }, door.getAttribute('data-' + name) || '');
  };
  [].slice.call(doc.querySelectorAll('#known li')).forEach(function (line) { names[line.getAttribute('data-badge')] = line.textContent; });

  /* --- what is kept: one entry per scan, readable by this browser profile alone --- */
  function asked(request) { return new Promise(function (done, failed) { request.onsuccess = function () { done(request.result); }; request.onerror = function () { failed(request.error); }; }); }
  function open() {
    return new Promise(function (done, failed) {
      var request = indexedDB.open('trainhub-badges', 1);
      request.onupgradeneeded = function () {
        request.result.createObjectStore('keys');
        request.result.createObjectStore('scans', { keyPath: 'op' }).createIndex('sheet', 'sheet');
      };
      request.onsuccess = function () { done(request.result); };
      request.onerror = function () { failed(request.error); };
    });
  }
  function scans(mode) { return store.transaction('scans', mode).objectStore('scans'); }
  function ownKey() {
    return asked(store.transaction('keys').objectStore('keys').get('own')).then(function (held) {
      if (held) return held;
      return subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']).then(function (made) {
        return asked(store.transaction('keys', 'readwrite').objectStore('keys').put(made, 'own')).then(function () { return made; });
      });
    });
  }
  function keep(scan) {
    var iv = window.crypto.getRandomValues(new Uint8Array(12)), place = new TextEncoder().encode(sheet + scan.op_id);
    return subtle.encrypt({ name: 'AES-GCM', iv: iv, additionalData: place }, key, new TextEncoder().encode(JSON.stringify(scan)))
      .then(function (sealed) { return asked(scans('readwrite').put({ op: scan.op_id, sheet: sheet, iv: iv, sealed: sealed })); });
  }
  function opened(entry) {
    var place = new TextEncoder().encode(sheet + entry.op);
    return subtle.decrypt({ name: 'AES-GCM', iv: entry.iv, additionalData: place }, key, entry.sealed).then(function (plain) { return JSON.parse(new TextDecoder().decode(plain)); });
  }
  function waiting() { return asked(scans('readonly').index('sheet').getAll(sheet)); }
  function forget(ids) {
    var box = scans('readwrite');
    return Promise.all(ids.map(function (id) { return asked(box.delete(id)); }));
  }

  /* --- what is shown --- */
  function show(kind, name, text) {
    last.setAttribute('data-kind', kind);
    last.querySelector('b').textContent = name;
    last.querySelector('span').textContent = text;
  }
  function count(text) {
    return (store ? waiting() : Promise.resolve([])).then(function (left) {
      pending.setAttribute('data-kind', left.length ? 'wait' : '');
      pending.setAttribute('data-n', left.length);
      pending.textContent = left.length ? word(text || 'pending', { n: left.length }) : store ? word('sent') : word('nostore');
    });
  }
  function tell(result) {
    var kind = { 'in': 'in', again: 'again' }[result.outcome] || 'bad';
    show(kind, result.name || word('unknown'), { 'in': word('in'), again: word('again'), not_on_list: word('stranger'), unknown: word('unknown'), closed: word('closed'), refused: word('lost') }[result.outcome]);
  }

  /* --- sending: the same entry again is the same operation, so an answer that got lost doubles nothing --- */
  function post(list) {
    return fetch(door.getAttribute('data-batch'), { method: 'POST', credentials: 'same-origin', body: JSON.stringify({ scans: list }),
      headers: { 'Content-Type': 'application/json', 'Accept': 'application/json', 'X-CSRFToken': window.TrainHub.csrfToken() } });
  }
  function answered(answer) {
    if (!answer.ok || answer.redirected) { var wrong = new Error('refused'); wrong.status = answer.redirected ? 401 : answer.status; throw wrong; }
    return answer.json();
  }
  function send(fresh) {
    if (!store) return;
    if (sending) { again = true; return; }
    sending = true;
    waiting().then(function (entries) { return Promise.all(entries.slice(0, most).map(opened)); }).then(function (list) {
      if (!list.length) return null;
      return post(list).then(answered).then(function (said) {
        return forget(said.results.map(function (r) { return r.op_id; })).then(function () {
          here.textContent = word('here', { there: said.there, n: said.expected });
          var mine = said.results.filter(function (r) { return r.op_id === fresh; })[0];
          if (mine) tell(mine);
          again = again || list.length === most;
          return 'pending';
        });
      });
    }).catch(function (wrong) { return wrong.status === 401 || wrong.status === 400 ? 'signedout' : wrong.status === 409 ? 'refused' : 'pending'; })
      .then(function (text) { sending = false; return count(text || 'pending'); })
      .then(function () { if (again) { again = false; send(); } });
  }

  /* --- one scan --- */
  function operation() { var bytes = window.crypto.getRandomValues(new Uint8Array(16)); return [].map.call(bytes, function (b) { return ('0' + b.toString(16)).slice(-2); }).join(''); }
  function normal(code) { return code.normalize('NFKC').replace(/\s+/g, '').toUpperCase(); }
  function digest(code) {
    return subtle.digest('SHA-256', new TextEncoder().encode(code)).then(function (made) {
      return [].map.call(new Uint8Array(made), function (b) { return ('0' + b.toString(16)).slice(-2); }).join('').slice(0, 24);
    });
  }
  function scan(text) {
    var code = normal(text);
    if (!code) return Promise.resolve();
    var one = { op_id: operation(), code: code, at: new Date().toISOString() };
    if (!store) return post([one]).then(answered).then(function (said) { tell(said.results[0]); here.textContent = word('here', { there: said.there, n: said.expected }); }).catch(function () { show('bad', '', word('lost')); });
    return digest(code).then(function (name) {
      if (seen[name]) { show('again', names[name] || '', word('again')); return null; }
      return keep(one).then(function () {
        seen[name] = true;
        show(names[name] ? 'in' : 'wait', names[name] || code.slice(0, 8) + '…', names[name] ? word('in') : word('nobody'));
        return count();
      }).then(function () { send(one.op_id); });
    }).catch(function () { show('bad', '', word('lost')); });
  }
  form.addEventListener('submit', function (event) {
    event.preventDefault();
    event.stopPropagation();
    var text = input.value;
    input.value = '';
    input.focus();
    scan(text);
  });

  /* --- the camera, where the browser reads codes itself --- */
  var camera = doc.getElementById('camera'), eye = doc.getElementById('viewfinder'), stream = null;
  function look(detector) {
    if (!stream) return;
    detector.detect(eye).then(function (found) { if (found.length) return scan(found[0].rawValue); return null; }).catch(function () { return null; })
      .then(function () { setTimeout(function () { look(detector); }, 250); });
  }
  if ('BarcodeDetector' in window && navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
    window.BarcodeDetector.getSupportedFormats().then(function (formats) {
      if (formats.indexOf('qr_code') < 0) return;
      camera.hidden = false;
      camera.addEventListener('click', function () {
        if (stream) { stream.getTracks().forEach(function (track) { track.stop(); }); stream = null; eye.hidden = true; return; }
        navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).then(function (given) {
          stream = given; eye.hidden = false; eye.srcObject = given;
          return eye.play().then(function () { look(new window.BarcodeDetector({ formats: ['qr_code'] })); });
        }).catch(function () { camera.hidden = true; });
      });
    }).catch(function () { return null; });
  }

  window.addEventListener('online', function () { send(); });
  setInterval(function () { if (Number(pending.getAttribute('data-n'))) send(); }, 15000);
  var ready = subtle && window.indexedDB ? open().then(function (made) { store = made; return ownKey(); }).then(function (made) { key = made; }) : Promise.reject(new Error('no store'));
  ready.catch(function () { store = null; }).then(function () { return count(); }).then(function () { door.setAttribute('data-ready', 'yes'); send(); });
})();
