/* Recording a class meeting on a phone, with or without a network. What is typed is kept encrypted on this device, queued, and sent in order;
   the same record sent again is the same operation. Without this file the page is a plain form. */
(function () {
  'use strict';
  var doc = document, bar = doc.getElementById('unsent');
  if (!bar || !window.fetch || !window.Promise) return;
  var $ = function (id) { return doc.getElementById(id); };
  var all = function (selector, within) { return [].slice.call((within || doc).querySelectorAll(selector)); };
  var subtle = window.crypto && window.crypto.subtle, account = bar.dataset.account, lock = bar.dataset.lock, csrf = null;
  var store = null, key = null, sending = null, shell = $('rec-shell'), SHRUNK = 1600, KEEP_DAYS = 14;
  function say(name, values) {
    return Object.keys(values || {}).reduce(function (text, part) { return text.split('{' + part + '}').join(values[part]); }, bar.getAttribute('data-w-' + name) || '');
  }
  function make(tag, attributes, text) {
    var element = doc.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    if (text) element.textContent = text;
    return element;
  }
  function hex(bytes) { return [].map.call(new Uint8Array(bytes), function (b) { return ('0' + b.toString(16)).slice(-2); }).join(''); }
  function newId() { return hex(window.crypto.getRandomValues(new Uint8Array(16))); }
  function clock(time) { return new Date(time).toTimeString().slice(0, 5); }

  /* ── the device's store: sealed for one account; another account's key is dropped before anything is read ── */
  function asked(request) { return new Promise(function (done, failed) { request.onsuccess = function () { done(request.result); }; request.onerror = function () { failed(request.error); }; }); }
  function box(name, mode) { return store.transaction(name, mode || 'readonly').objectStore(name); }
  function put(name, value, at) { return asked(at === undefined ? box(name, 'readwrite').put(value) : box(name, 'readwrite').put(value, at)); }
  function open() {
    return new Promise(function (done, failed) {
      var request = indexedDB.open('trainhub-meetings', 1);
      request.onupgradeneeded = function () {
        request.result.createObjectStore('keys');
        ['pages', 'drafts', 'shots', 'queue'].forEach(function (name) { request.result.createObjectStore(name, { keyPath: 'id' }); });
      };
      request.onsuccess = function () { request.result.onversionchange = function () { request.result.close(); key = null; }; done(request.result); };
      request.onerror = function () { failed(request.error); };
    });
  }
  /* The key: half from the server, which only pages of the account carry, half from this device. It cannot be taken out of the browser. */
  function derive(salt) {
    var half = new Uint8Array(lock.match(/../g).map(function (pair) { return parseInt(pair, 16); }));
    return subtle.importKey('raw', half, 'HKDF', false, ['deriveKey']).then(function (base) {
      return subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: salt, info: new TextEncoder().encode('trainhub-meetings/' + account) }, base,
        { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    });
  }
  function unlock() {
    return asked(box('keys').get('who')).then(function (who) {
      if (!account) {  /* the page without data: whoever was here last, if their key was not dropped */
        account = who || '';
        return account ? asked(box('keys').get('key')) : null;
      }
      if (who === account) return asked(box('keys').get('key')).then(function (held) { return held || fresh(); });
      return fresh();
    }).then(function (held) { key = held; if (!key) throw new Error('no key'); });
  }
  function fresh() {
    return asked(box('keys').get('salt')).then(function (salt) {
      if (salt) return salt;
      salt = window.crypto.getRandomValues(new Uint8Array(32));
      return put('keys', salt, 'salt').then(function () { return salt; });
    }).then(derive).then(function (made) { return put('keys', made, 'key').then(function () { return put('keys', account, 'who'); }).then(function () { return made; }); });
  }
  function sealed(name, id, value, plain) {
    var iv = window.crypto.getRandomValues(new Uint8Array(12)), place = new TextEncoder().encode(account + name + id);
    var bytes = value instanceof ArrayBuffer ? value : new TextEncoder().encode(JSON.stringify(value));
    return subtle.encrypt({ name: 'AES-GCM', iv: iv, additionalData: place }, key, bytes).then(function (done) {
      var entry = { id: id, account: account, iv: iv, sealed: done, at: Date.now() };
      Object.keys(plain || {}).forEach(function (each) { entry[each] = plain[each]; });
      return put(name, entry);
    });
  }
  function opened(name, entry, raw) {
    if (!entry || entry.account !== account) return Promise.resolve(null);
    var place = new TextEncoder().encode(account + name + entry.id);
    return subtle.decrypt({ name: 'AES-GCM', iv: entry.iv, additionalData: place }, key, entry.sealed)
      .then(function (bytes) { return raw ? bytes : JSON.parse(new TextDecoder().decode(bytes)); }).catch(function () { return null; });
  }
  function read(name, id, raw) { return asked(box(name).get(id)).then(function (entry) { return opened(name, entry, raw); }); }
  function drop(name, id) { return asked(box(name, 'readwrite').delete(id)); }
  function mine(name) { return asked(box(name).getAll()).then(function (list) { return list.filter(function (entry) { return entry.account === account; }); }); }
  function tidy() {
    return mine('pages').then(function (list) {
      return Promise.all(list.filter(function (entry) { return Date.now() - entry.at > KEEP_DAYS * 864e5; }).map(function (entry) { return drop('pages', entry.id); }));
    });
  }

  /* ── the queue: in order, each until the server has answered ── */
  function queued() { return mine('queue').then(function (list) { return list.sort(function (a, b) { return a.at - b.at; }); }); }
  function note(entry, state, more) { return read('queue', entry.id).then(function (item) { if (!item) return null; item.more = more || null; return sealed('queue', entry.id, item, { state: state, at: entry.at, meeting: entry.meeting }).then(function () { return null; }); }); }
  function form(pairs) { var data = new FormData(); pairs.forEach(function (pair) { data.append(pair[0], pair[1]); }); return data; }
  function post(url, data) {
    return fetch(url, { method: 'POST', credentials: 'same-origin', body: data, headers: { Accept: 'application/json', 'X-CSRFToken': csrf } }).then(function (answer) {
      if (answer.redirected || answer.status === 401) throw gone('signedout');
      if (answer.status >= 500 || answer.status === 429) throw gone('wait');
      return answer.json().then(function (told) {
        if (told.error === 'csrf') { csrf = null; throw gone('signedout'); }
        return { ok: answer.ok, told: told };
      }, function () { throw gone('wait'); });
    });
  }
  function gone(why) { var error = new Error(why); error.why = why; return error; }
  function token() {
    if (csrf) return Promise.resolve();
    var meta = doc.querySelector('meta[name=csrf-token]');
    if (meta && !shell) { csrf = meta.content; return Promise.resolve(); }
    return fetch(bar.dataset.key, { credentials: 'same-origin', headers: { Accept: 'application/json' } }).then(function (answer) {
      if (!answer.ok || answer.redirected) throw gone('signedout');
      return answer.json();
    }).then(function (told) { if (told.account !== account) throw gone('signedout'); csrf = told.csrf; });
  }
  function sendOne(entry) {
    return opened('queue', entry).then(function (item) {
      if (!item) return null;
      return Promise.all(item.shots.map(function (shot) { return read('shots', shot.id, true); })).then(function (bytes) {
        var data = form(item.pairs.concat([['sent_at', new Date().toISOString()]]));
        bytes.forEach(function (each, n) {  /* with the record, so that all of it is kept or nothing */
          if (!each) return;
          data.append('original', item.shots[n].original);
          data.append('photos', new Blob([each], { type: 'image/jpeg' }), 'photo.jpg');
        });
        return post(item.send, data);
      }).then(function (answer) {
        if (answer.ok) return forget(entry, item).then(function () { return { url: answer.told.url, message: answer.told.message, meeting: item.meeting }; });
        if (answer.told.theirs) return note(entry, 'conflict', answer.told);
        throw refusal(answer.told);
      }).catch(function (error) { if (error.told) return note(entry, 'refused', error.told); throw error; });
    });
  }
  function refusal(told) { var error = new Error('refused'); error.told = told; return error; }
  function forget(entry, item) {
    return Promise.all(item.shots.map(function (shot) { return drop('shots', shot.id); }).concat(drop('queue', entry.id), drop('drafts', item.meeting)));
  }
  function sendAll() {
    if (!key) return Promise.resolve([]);
    if (sending) return sending;
    var done = [], why = '';
    var run = function () {
      return queued().then(function (list) {
        list = list.filter(function (entry) { return entry.state === 'wait'; });
        if (!list.length) return null;
        bar.dataset.state = 'sending';
        return token().then(function () {
          return list.reduce(function (before, entry) { return before.then(function () { return sendOne(entry); }).then(function (sent) { if (sent) done.push(sent); }); }, Promise.resolve());
        });
      }).catch(function (error) { why = error.why || 'wait'; });
    };
    sending = (navigator.locks ? navigator.locks.request('trainhub-meetings', run) : run()).then(function () {
      sending = null;
      bar.dataset.state = '';
      return list(why).then(function () { return done; });
    });
    return sending;
  }

  /* ── what waits, and what somebody has to choose ── */
  function told(side) {
    return [say('there', { there: side.there, n: side.expected }), say('steps', { done: side.done, n: side.steps }), side.worked, side.agreed, side.again].filter(Boolean).join('\n');
  }
  function value(item, name) { var pair = item.pairs.filter(function (each) { return each[0] === name; })[0]; return pair ? pair[1] : ''; }
  function own(item) {
    var absent = item.pairs.filter(function (pair) { return pair[0].indexOf('absence-') === 0 && /^(absent|excused)/.test(pair[1]); }).length;
    return { there: item.expected - absent, expected: item.expected, steps: value(item, 'steps'), done: item.pairs.filter(function (pair) { return /^step-/.test(pair[0]); }).length,
      worked: value(item, 'worked'), agreed: value(item, 'agreed'), again: value(item, 'again') };
  }
  function button(words, act, cls) { var made = make('button', { type: 'button', 'class': 'btn sm ' + (cls || '') }, words); made.addEventListener('click', act); return made; }
  function again(entry, change) {
    return opened('queue', entry).then(function (item) { change(item); return sealed('queue', entry.id, item, { state: 'wait', at: entry.at, meeting: entry.meeting }); }).then(sendAll).then(leave);
  }
  function line(entry, item, why) {
    var li = make('li', { 'data-state': entry.state });
    li.appendChild(make('b', {}, say('record', { title: item.title }) + '　' + item.klass));
    if (entry.state === 'conflict') {
      var two = make('div', { 'class': 'unsent-two' });
      [[say('mine'), own(item)], [say('theirs', item.more.theirs), item.more.theirs]].forEach(function (side) {
        var half = make('div'); half.appendChild(make('b', {}, side[0])); half.appendChild(make('p', {}, told(side[1]))); two.appendChild(half);
      });
      li.appendChild(make('p', {}, say('conflict'))); li.appendChild(two);
      li.appendChild(button(say('keepmine'), function () {
        again(entry, function (kept) { kept.pairs = kept.pairs.map(function (pair) { return pair[0] === 'seen_revision' ? [pair[0], String(item.more.theirs.revision)] : pair; }); kept.more = null; });
      }, 'pri'));
      li.appendChild(button(say('keeptheirs'), function () { forget(entry, item).then(function () { return list(); }).then(function () { if ($('rec') && $('rec').dataset.meeting === item.meeting) location.reload(); }); }));
    } else if (entry.state === 'refused') {
      li.appendChild(make('p', {}, item.more.message));
      li.appendChild(button(say('edit'), function () { edit(entry, item); }, 'pri'));
      li.appendChild(button(say('drop'), function () { forget(entry, item).then(function () { return list(); }); }));
    } else {
      li.appendChild(make('p', {}, why === 'signedout' ? say('signedout') : say('wait')));
    }
    return li;
  }
  function edit(entry, item) {
    var draft = { pairs: item.pairs, shots: item.shots, at: Date.now(), words: item.more && item.more.error === 'text_may_name' };
    return sealed('drafts', item.meeting, draft).then(function () { return drop('queue', entry.id); }).then(function () { location.href = item.here; });
  }
  function list(why) {
    return queued().then(function (entries) {
      return Promise.all(entries.map(function (entry) { return opened('queue', entry).then(function (item) { return item && line(entry, item, why); }); })).then(function (lines) {
        lines = lines.filter(Boolean);
        bar.hidden = !lines.length;
        bar.dataset.n = lines.length;
        $('unsent-n').textContent = lines.length ? say('count', { n: lines.length }) : '';
        $('unsent-list').textContent = '';
        lines.forEach(function (each) { $('unsent-list').appendChild(each); });
      });
    });
  }
  function leave(sent) {
    var here = $('rec'), one = sent.filter(function (each) { return here && each.meeting === here.dataset.meeting; })[0];
    if (one) { if (here.form) here.form.done = true; location.href = one.url; } else if (sent.length && window.TrainHub) window.TrainHub.toast(sent[sent.length - 1].message || say('sent'));
  }

  /* ── photos: made small here, so that place and camera never leave the phone ── */
  function shrink(file) {
    return file.arrayBuffer().then(function (bytes) { return subtle.digest('SHA-256', bytes); }).then(function (digest) {
      return createImageBitmap(file).then(function (picture) {
        var by = Math.min(1, SHRUNK / Math.max(picture.width, picture.height)), canvas = doc.createElement('canvas');
        canvas.width = Math.round(picture.width * by); canvas.height = Math.round(picture.height * by);
        canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
        return new Promise(function (done, failed) { canvas.toBlob(function (blob) { if (blob) done(blob); else failed(new Error('no picture')); }, 'image/jpeg', 0.82); });
      }).then(function (blob) { return blob.arrayBuffer(); }).then(function (small) { return { bytes: small, original: hex(digest) }; });
    });
  }
  function shown(bytes) {
    return new Promise(function (done) { var reader = new FileReader(); reader.onload = function () { done(reader.result); }; reader.readAsDataURL(new Blob([bytes], { type: 'image/jpeg' })); });
  }

  /* ── the form ── */
  function start(root) {
    var form = $('rec-form'), list = $('rec-list'), seats = all('.rec-seats li', root), shots = [], timer = null, meeting = root.dataset.meeting;
    var input = form.querySelector('input[type=file]'), held = Number(root.dataset.photos);
    root.form = form;
    root.classList.add('rec-js');
    all('.rec-min button', root).forEach(function (each) { each.hidden = false; });
    if (root.querySelector('.rec-type')) root.querySelector('.rec-type').hidden = false;

    function select(li) { return li.querySelector('select'); }
    function paint() {
      var chips = $('rec-chips'), away = 0;
      chips.textContent = '';
      seats.forEach(function (li) {
        var menu = select(li), chip, word;
        li.classList.toggle('on', Boolean(menu.value));
        if (!menu.value) return;
        if (/^(absent|excused)/.test(menu.value)) away += 1;
        chip = make('span', { 'class': 'rec-chip ' + (menu.value === 'absent' ? 'gap' : /^excused/.test(menu.value) ? '' : 'late') });
        word = make('button', { type: 'button', 'data-next': '' }, say('number', { n: li.dataset.number }) + ' ' + menu.options[menu.selectedIndex].text);
        word.addEventListener('click', function () { menu.selectedIndex = menu.selectedIndex % (menu.options.length - 1) + 1; changed(); });
        chip.appendChild(word);
        word = make('button', { type: 'button', 'aria-label': say('remove') + ' ' + say('number', { n: li.dataset.number }) }, '×');
        word.addEventListener('click', function () { menu.value = ''; changed(); });
        chip.appendChild(word); chips.appendChild(chip);
      });
      $('rec-there').textContent = $('rec-there').dataset.word.replace('{n}', Number(root.dataset.expected) - away);
      var minutes = 0;
      all('.rec-steps li', root).forEach(function (li) {
        var on = li.querySelector('[type=checkbox]').checked;
        li.classList.toggle('off', !on);
        if (on) minutes += Number(li.querySelector('[type=number]').value) || 0;
      });
      if ($('rec-minutes')) $('rec-minutes').textContent = $('rec-minutes').dataset.word.replace('{n}', minutes);
    }
    function toggle(li) { select(li).value = select(li).value ? '' : 'absent'; changed(); }
    seats.forEach(function (li) { li.addEventListener('click', function (event) { if (event.target.tagName !== 'SELECT') { event.preventDefault(); toggle(li); } }); });
    var number = $('rec-number');
    function typed() {
      var text = number.value.trim(), found = seats.filter(function (li) { return li.dataset.number === text; })[0];
      if (!text) return;
      $('rec-nobody').textContent = found ? '' : say('nothere', { n: text });
      if (found) { if (!select(found).value) toggle(found); number.value = ''; }
    }
    if (number) {
      number.addEventListener('keydown', function (event) { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); typed(); } });
      number.addEventListener('change', typed);
    }
    root.addEventListener('click', function (event) {
      var by = event.target.getAttribute && event.target.getAttribute('data-by'), field;
      if (!by) return;
      field = event.target.parentNode.querySelector('input');
      field.value = Math.max(1, Math.min(240, (Number(field.value) || 0) + Number(by)));
      changed();
    });

    /* drafts */
    function pairs() {
      var found = [];
      new FormData(form).forEach(function (each, name) { if (name !== 'csrf_token' && typeof each === 'string' && (each || name.indexOf('absence-'))) found.push([name, each]); });
      return found;
    }
    function keep() {
      timer = null;
      if (!key) return Promise.resolve();
      return sealed('drafts', meeting, { pairs: pairs(), shots: shots, at: Date.now() }).then(function () { $('rec-saved').textContent = say('draft', { time: clock(Date.now()) }); });
    }
    function changed() { paint(); clearTimeout(timer); timer = setTimeout(keep, 800); }
    form.addEventListener('input', changed);
    form.addEventListener('focusout', function () { if (timer) { clearTimeout(timer); keep(); } });
    function fill(draft) {
      var given = {};
      draft.pairs.forEach(function (pair) { given[pair[0]] = pair[1]; });
      [].forEach.call(form.elements, function (each) {
        if (!each.name || ['csrf_token', 'op_id', 'seen_revision', 'steps', 'roll'].indexOf(each.name) >= 0 || each.type === 'file') return;
        if (each.type === 'checkbox' || each.type === 'radio') each.checked = given[each.name] === each.value;
        else if (each.name in given || each.tagName === 'SELECT' || each.tagName === 'TEXTAREA') each.value = given[each.name] || (each.name === 'held_by' ? each.value : '');
      });
      all('.rec-more details', root).forEach(function (each) { if (each.querySelector('textarea').value) each.open = true; });
      if (draft.words) root.querySelector('.rec-words').hidden = false;
      shots = draft.shots || [];
      shots.forEach(figure);
    }
    function revisionOf(draft) { return (draft.pairs.filter(function (pair) { return pair[0] === 'seen_revision'; })[0] || [])[1]; }
    function restore() {
      if (!key || root.dataset.refused || form.elements.roll) return Promise.resolve();
      return read('drafts', meeting).then(function (draft) {
        if (!draft || revisionOf(draft) !== form.elements.seen_revision.value) return;
        fill(draft);
        $('rec-saved').textContent = say('back', { time: clock(draft.at) });
        var fresh = button(say('fresh'), function () { clearTimeout(timer); drop('drafts', meeting).then(function () { location.reload(); }); });
        form.insertBefore(make('p', { 'class': 'rec-q' }), form.firstChild).appendChild(fresh);
      });
    }

    /* photos */
    function figure(shot) {
      read('shots', shot.id, true).then(function (bytes) { return bytes && shown(bytes); }).then(function (url) {
        if (!url) return;
        var box = make('figure'), off = button(say('remove'), function () { shots = shots.filter(function (each) { return each.id !== shot.id; }); drop('shots', shot.id); box.remove(); room(); changed(); });
        box.appendChild(make('img', { src: url, alt: '' })); box.appendChild(off);
        $('rec-photos').insertBefore(box, $('rec-shot'));
        room();
      });
    }
    function room() { if ($('rec-shot')) $('rec-shot').hidden = held + shots.length >= 3; }
    if (input) input.addEventListener('change', function (event) {
      if (!key) return;
      event.stopPropagation();
      var files = [].slice.call(input.files), hint = $('rec-photo-note');
      hint.textContent = hint.dataset.word;
      if (held + shots.length + files.length > 3) hint.textContent = say('most');
      files.slice(0, 3 - held - shots.length).reduce(function (before, file) {
        return before.then(function () { return shrink(file); }).then(function (made) {
          var shot = { id: newId(), original: made.original };
          shots.push(shot);
          return sealed('shots', shot.id, made.bytes).then(function () { figure(shot); });
        }).catch(function () { hint.textContent = say('photo'); });
      }, Promise.resolve()).then(function () { input.value = ''; changed(); });
    });

    /* submitting: kept first, then sent */
    form.addEventListener('submit', function (event) {
      if (!key || (event.submitter && event.submitter.hasAttribute('formaction'))) return;
      event.preventDefault();
      event.stopPropagation();
      clearTimeout(timer);
      $('rec-submit').disabled = true;
      var op = newId(), entry = { at: Date.now() };
      var sent = pairs().filter(function (pair) { return pair[0] !== 'op_id' && pair[0] !== 'device_at'; }).concat([['op_id', op], ['device_at', new Date(entry.at).toISOString()]]);
      var item = { meeting: meeting, title: root.dataset.title, klass: root.dataset['class'], expected: Number(root.dataset.expected), pairs: sent, shots: shots,
        send: root.dataset.send, here: root.dataset.here };
      queued().then(function (held) {  /* what waited for this meeting is replaced: nobody has seen it yet */
        return Promise.all(held.filter(function (each) { return each.meeting === meeting && each.state !== 'conflict'; }).map(function (each) { return drop('queue', each.id); }));
      }).then(function () { return sealed('queue', op, item, { state: 'wait', meeting: meeting, at: entry.at }); }).then(keep).then(sendAll).then(function (done) {
        leave(done);
        if (done.length) return;
        $('rec-submit').disabled = false;
        doc.querySelector('main').scrollIntoView();
        return read('queue', op).then(function (kept) {  /* a doubtful word: the box to confirm it, and the text it is in */
          var why = (kept && kept.more) || {}, field = why.field && form.elements[why.field];
          root.querySelector('.rec-words').hidden = why.error !== 'text_may_name' && root.querySelector('.rec-words').hidden;
          all('[aria-invalid]', form).forEach(function (each) { each.removeAttribute('aria-invalid'); });
          if (field && field.setAttribute) { field.setAttribute('aria-invalid', 'true'); if (field.closest('details')) field.closest('details').open = true; }
        });
      });
    });
    form.addEventListener('click', function (event) { if (event.target.hasAttribute && event.target.hasAttribute('formaction')) form.done = true; });
    paint();
    return restore().then(function () { paint(); root.dataset.ready = 'yes'; });
  }
  function remember(root) {
    var copy = root.cloneNode(true);
    all('[name=csrf_token], .note, #form-errors, .rec-theirs', copy).forEach(function (each) { each.remove(); });
    return sealed('pages', root.dataset.meeting, { html: copy.outerHTML, title: root.dataset.title, klass: root.dataset['class'], here: root.dataset.here });
  }

  /* ── the page without data ── */
  function alone() {
    var id = (location.pathname.match(/\/meetings\/([0-9a-f]{32})\/record$/) || [])[1];
    return (id ? read('pages', id) : Promise.resolve(null)).then(function (page) {
      if (!page) return kept();
      var parsed = new DOMParser().parseFromString(page.html, 'text/html').getElementById('rec');
      doc.title = page.title;
      shell.replaceWith(doc.importNode(parsed, true));
      all('#rec-photos img').forEach(function (img) { img.remove(); });
      return start($('rec'));
    });
  }
  function kept() {
    return mine('pages').then(function (list) { return Promise.all(list.map(function (entry) { return opened('pages', entry); })); }).then(function (pages) {
      var box = $('rec-kept');
      pages = pages.filter(Boolean);
      box.textContent = '';
      box.appendChild(make('h2', {}, pages.length ? shell.dataset.wList : shell.dataset.wNone));
      pages.forEach(function (page) { var p = make('p'); p.appendChild(make('a', { href: page.here }, page.title + '　' + page.klass)); box.appendChild(p); });
    });
  }

  function offered() {
    if (!shell || $('rec-online')) return;
    bar.parentNode.insertBefore(make('p', { 'class': 'note note-info', id: 'rec-online' }), bar.nextSibling).appendChild(make('a', { href: location.href }, say('online')));
  }
  function back() { sendAll().then(leave).then(offered); }
  window.addEventListener('online', back);
  doc.addEventListener('visibilitychange', function () { if (!doc.hidden && Number(bar.dataset.n)) sendAll().then(leave); });
  setInterval(function () { if (Number(bar.dataset.n) && navigator.onLine !== false) sendAll().then(leave); }, 20000);
  if ('serviceWorker' in navigator && !shell) navigator.serviceWorker.register(bar.dataset.worker, { scope: bar.dataset.scope }).catch(function () { return null; });

  var ready = subtle && window.indexedDB && window.createImageBitmap ? open().then(function (made) { store = made; return unlock(); }) : Promise.reject(new Error('no store'));
  ready.then(tidy).then(function () {
    if (shell) return alone();
    return $('rec') ? remember($('rec')).then(function () { return start($('rec')); }) : null;
  }).then(function () { return list(); }).then(sendAll).then(leave).catch(function () {
    key = null;
    if (shell) { $('rec-kept').textContent = shell.dataset.wNone; return; }
    if ($('rec')) { $('rec-saved').textContent = say('nostore'); start($('rec')); }
  }).then(function () { bar.dataset.ready = 'yes'; });
})();
