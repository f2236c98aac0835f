"use strict";
// The page of cbdash. The server sends everything once ("full"), then what changes ("update"); only that is touched here.
(() => {
  const $ = (id) => document.getElementById(id);
  const BARS = 60, CHANGES = 500;
  const rows = new Map(); // by the server's number
  let skew = 0;           // the server's clock less ours, in milliseconds
  let heard = Date.now(), live = false, operable = false;
  let wanted = "", sickOnly = false;

  const now = () => Date.now() + skew;
  const nameOf = (b) => [b.client, b.method].filter(Boolean).join(".") + (b.key ? `[${b.key}]` : "") || "(unnamed)";
  const idOf = (b) => JSON.stringify([b.client, b.method, b.key]);
  const sum = (o) => Object.values(o).reduce((a, n) => a + n, 0);
  const count = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const exact = new Intl.NumberFormat("en");
  const clock = new Intl.DateTimeFormat([], { timeStyle: "medium" });
  const stamp = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium" });
  const setText = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function span(ms) {
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} m ${String(s % 60).padStart(2, "0")} s`;
    return s < 86400 ? `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, "0")} m` : `${Math.floor(s / 86400)} d`;
  }

  // Rows on the screen are drawn at once; the others' bars when they get there, and the rest of them when there is time.
  const seen = new IntersectionObserver((entries) => {
    for (const e of entries) {
      const row = e.target.row;
      row.visible = e.isIntersecting;
      if (row.visible) { drawRow(row); drawBars(row); }
    }
  }, { rootMargin: "600px" });

  const stale = new Set();
  const whenIdle = window.requestIdleCallback ? (f) => requestIdleCallback(f, { timeout: 1000 }) : (f) => setTimeout(f, 50);

  function drawLater(row) {
    if (stale.size === 0) whenIdle(drawSome);
    stale.add(row);
  }

  function drawSome() {
    const end = performance.now() + 8;
    for (const row of stale) {
      if (performance.now() > end) break;
      drawRow(row);
    }
    if (stale.size > 0) whenIdle(drawSome);
  }

  function newRow() {
    const li = $("breaker").content.firstElementChild.cloneNode(true);
    const part = (selector) => li.querySelector(selector);
    const row = {
      li, bars: [], visible: false, details: part("details"), summary: part("summary"), state: part(".state"),
      method: part(".name b"), client: part(".name span"), title: part(".name"), svg: part("svg"), paths: [...li.querySelectorAll("path")],
      next: part(".next"), failure: part(".failure"), facts: part("dl"), policy: part("pre"), actions: part(".actions"),
      numbers: ["calls", "failed", "rejected", "fallbacks"].map((k) => part(`.num.${k}`)),
    };
    li.row = row;
    row.details.addEventListener("toggle", () => drawFacts(row));
    row.actions.addEventListener("click", (e) => { if (e.target.dataset.action) ask(row, e.target); });
    row.actions.hidden = !operable;
    seen.observe(li);
    return row;
  }

  // setRow takes over what is new of a breaker; how it is and whether it is shown holds at once.
  function setRow(row, b) {
    const come = !row.data, moved = come || row.data.state !== b.state;
    row.data = b;
    if (moved) {
      row.name = nameOf(b).toLowerCase();
      row.li.className = `breaker ${b.state}`;
      drawFilter(row);
    }
    if (row.visible || come) drawRow(row);
    else drawLater(row);
  }

  function drawRow(row) {
    stale.delete(row);
    const b = row.data;
    setText(row.state, b.state);
    setText(row.method, b.method || b.client || "(unnamed)");
    setText(row.client, (b.method ? b.client : "") + (b.key ? ` [${b.key}]` : ""));
    row.title.title = nameOf(b);
    const values = [sum(b.calls), b.calls.failure, sum(b.rejections), b.fallbacks.reduce((n, f) => n + f.answered + f.failed, 0)];
    values.forEach((n, i) => {
      setText(row.numbers[i].firstElementChild, count.format(n));
      row.numbers[i].classList.toggle("zero", n === 0);
    });
    drawTimes(row);
    drawFacts(row);
  }

  function nextText(b) {
    switch (b.state) {
      case "open": {
        const left = Date.parse(b.openUntil) - now();
        return left > 0 ? `probe in ${span(Math.ceil(left / 1000) * 1000)}` : "next call probes";
      }
      case "half-open": return "probing";
      case "closed": return b.admitted < 1 ? `ramping ${Math.round(b.admitted * 100)}%` : "";
      default: return "held by hand";
    }
  }

  function drawTimes(row) {
    const b = row.data;
    setText(row.next, nextText(b));
    let text = "no failure yet";
    if (b.openedBy) text = `down for ${span(now() - Date.parse(b.downSince))}: ${b.openedBy}`;
    else if (b.lastFailure) text = `last failure ${span(now() - Date.parse(b.lastFailureAt))} ago: ${b.lastFailure}`;
    setText(row.failure, text);
  }

  function drawBars(row) {
    let top = 1;
    for (const bar of row.bars) top = Math.max(top, bar[0] + bar[1] + bar[2]);
    const d = ["", "", ""], total = [0, 0, 0];
    row.bars.forEach((bar, i) => {
      const x = (BARS - row.bars.length + i) * 2 + 1;
      let y = 28;
      bar.forEach((n, k) => {
        if (!n) return;
        const height = Math.max(1, n / top * 26);
        d[k] += `M${x} ${y.toFixed(1)}v${(-height).toFixed(1)}`;
        y -= height;
        total[k] += n;
      });
    });
    row.paths.forEach((path, k) => path.setAttribute("d", d[k]));
    row.svg.setAttribute("aria-label",
      `last minute: ${total[0]} succeeded, ${total[1]} failed, ${total[2]} rejected`);
  }

  function drawFacts(row) {
    if (!row.details.open) return;
    const b = row.data, facts = [["In this state since", stamp.format(new Date(b.since))], ["Opened", b.trips === 1 ? "once" : `${exact.format(b.trips)} times`],
      ["In flight", exact.format(b.inFlight)], ["Succeeded", exact.format(b.calls.success)], ["Failed", exact.format(b.calls.failure)],
      ["Ignored", exact.format(b.calls.ignored)], ["Retries", exact.format(b.retries)]];
    for (const reason of Object.keys(b.rejections).sort()) facts.push([`Rejected: ${reason}`, exact.format(b.rejections[reason])]);
    for (const f of b.fallbacks) facts.push([`Fallback ${f.name}`, `${exact.format(f.answered)} answered, ${exact.format(f.failed)} failed`]);
    if (b.bulkhead.max) facts.push(["Bulkhead", `${b.bulkhead.running} of ${b.bulkhead.max} run, ${b.bulkhead.waiting} wait`]);
    if (b.downSince) facts.splice(1, 0, ["Down since", stamp.format(new Date(b.downSince))]);
    if (b.openedBy) facts.push(["Opened by", b.openedBy, true]);
    if (b.lastFailure) facts.push([`Last failure, ${stamp.format(new Date(b.lastFailureAt))}`, b.lastFailure, true]);
    facts.forEach(([term, value, wide], i) => {
      let pair = row.facts.children[i];
      if (!pair) {
        pair = make("div");
        pair.append(make("dt"), make("dd"));
        row.facts.append(pair);
      }
      pair.classList.toggle("wide", Boolean(wide));
      setText(pair.firstElementChild, term);
      setText(pair.lastElementChild, value);
    });
    while (row.facts.children.length > facts.length) row.facts.lastElementChild.remove();
    setText(row.policy, b.policy.map((line) => `//cb:${line}`).join("\n"));
  }

  // What is shown.
  function drawFilter(row) {
    row.li.hidden = (sickOnly && row.data.state === "closed") || !row.name.includes(wanted);
  }

  function drawSummary() {
    const n = { open: 0, "half-open": 0, closed: 0, held: 0 };
    let shown = 0;
    for (const row of rows.values()) {
      n[row.data.state in n ? row.data.state : "held"]++;
      if (!row.li.hidden) shown++;
    }
    const list = $("summary");
    Object.entries(n).forEach(([state, value], i) => {
      let li = list.children[i];
      if (!li) {
        li = make("li");
        li.append(make("b"), ` ${state === "held" ? "held by hand" : state}`);
        list.append(li);
      }
      li.className = `${state}${value ? " some" : ""}`;
      setText(li.firstElementChild, String(value));
    });
    $("none").hidden = shown > 0;
    document.title = (n.open ? `(${n.open} open) ` : "") + "Circuit breakers";
  }

  const byName = (a, b) => {
    for (const k of ["client", "method", "key"]) if (a[k] !== b[k]) return a[k] < b[k] ? -1 : 1;
    return a.number - b.number;
  };

  // arrange puts the rows in order, moving none that is in its place: a moved one would lose the keyboard's focus.
  function arrange() {
    const list = $("breakers");
    [...rows.values()].sort((a, b) => byName(a.data, b.data)).forEach((row, i) => {
      if (list.children[i] !== row.li) list.insertBefore(row.li, list.children[i] || null);
    });
  }

  // addChanges takes entries of the timeline, the newest last, and shows it first.
  function addChanges(entries) {
    const list = $("changes");
    list.prepend(...entries.slice(-CHANGES).map(changeItem).reverse());
    while (list.children.length > CHANGES) list.lastElementChild.remove();
    $("quiet").hidden = list.children.length > 0;
  }

  function changeItem(e) {
    const li = make("li"), at = new Date(e.at), time = make("time", "", clock.format(at));
    time.dateTime = e.at;
    time.title = stamp.format(at);
    li.append(time, make("b", "", nameOf(e)), make("br"));
    if (e.action) {
      li.append(make("span", "by", `${e.action} by ${e.operator || "an operator"}`));
    } else {
      li.append(make("span", "from", `${e.from} → `), make("span", `to ${e.to}`, e.to));
      if (e.retryAfter) li.append(make("span", "from", ` for ${e.retryAfter}`));
      if (e.cause) li.append(make("span", "cause", e.cause));
    }
    return li;
  }

  // What the server sends.
  function full(data) {
    const before = Map.groupBy(rows.values(), (row) => idOf(row.data)); // two values of a key may have one text
    rows.clear();
    for (const b of data.breakers) {
      const row = before.get(idOf(b))?.shift() || newRow();
      row.bars = b.bars || [];
      rows.set(b.number, row);
      setRow(row, b);
      if (row.visible) drawBars(row);
    }
    for (const row of [...before.values()].flat()) remove(row);
    arrange();
    $("changes").replaceChildren();
    addChanges(data.timeline);
    drawSummary();
  }

  function remove(row) {
    stale.delete(row);
    seen.unobserve(row.li);
    row.li.remove();
  }

  function update(data) {
    let come = false;
    for (const number of data.gone || []) {
      if (rows.has(number)) remove(rows.get(number));
      rows.delete(number);
    }
    for (const b of data.breakers || []) {
      let row = rows.get(b.number);
      if (!row) { rows.set(b.number, row = newRow()); come = true; }
      setRow(row, b);
    }
    if (come) arrange();
    if (data.breakers || data.gone) drawSummary();
    if (data.beat) {
      for (const [number, row] of rows) {
        row.bars.push((data.bars && data.bars[number]) || [0, 0, 0]);
        if (row.bars.length > BARS) row.bars.shift();
        if (row.visible) { drawBars(row); drawTimes(row); }
      }
    }
    if (!data.timeline) return;
    addChanges(data.timeline);
    const news = data.timeline.filter((e) => e.to);
    if (news.length > 3) setText($("news"), `${news.length} changes of state`);
    else if (news.length) setText($("news"), news.map((e) => `${nameOf(e)}: ${e.from} to ${e.to}`).join("; "));
  }

  function take(apply) {
    return (event) => {
      const start = performance.now(), data = JSON.parse(event.data);
      heard = Date.now();
      skew = Date.parse(data.now) - heard;
      apply(data);
      performance.measure("cbdash-update", { start, detail: (data.breakers || []).length }); // for a browser's profiler, and not to pile up
      performance.clearMeasures("cbdash-update");
      setLink();
    };
  }

  function connect() {
    const source = new EventSource(location.pathname + location.search);
    source.onopen = () => { live = true; heard = Date.now(); setLink(); };
    source.onerror = () => {
      live = false;
      setLink();
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000); // it gives up where a proxy answers for the service
    };
    source.addEventListener("hello", (event) => {
      operable = JSON.parse(event.data).operable;
      for (const row of rows.values()) row.actions.hidden = !operable;
    });
    source.addEventListener("full", take(full));
    source.addEventListener("update", take(update));
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  function setLink() {
    const silent = Date.now() - heard, lost = !live || silent > 4000;
    $("link").className = lost ? "lost" : "live";
    setText($("link"), lost ? `no connection for ${span(silent)}` : "live");
  }
  setInterval(() => {
    setLink();
    for (const row of rows.values()) if (row.visible) drawTimes(row);
  }, 500);

  // What an operator does.
  const effects = {
    trip: "It opens as if it had failed too often, and probes when its open period has passed.",
    reset: "It closes, forgets what it has seen, and is held by hand no longer.",
    "force-open": "Every call is rejected until somebody resets it.",
    "force-close": "Every call goes through until somebody resets it, whatever they end like.",
    disable: "Every call goes through untouched until somebody resets it: no deadline, no fallback.",
  };
  let asked;

  function ask(row, button) {
    const { client, method, key } = row.data;
    asked = { client, method, key, action: button.dataset.action };
    setText($("question"), `${button.textContent} ${nameOf(row.data)}?`);
    setText($("effect"), effects[asked.action]);
    $("effect").className = "";
    setText($("confirm").querySelector("[value=yes]"), button.textContent);
    $("confirm").showModal();
  }

  $("confirm").querySelector("[value=yes]").addEventListener("click", async (event) => {
    event.preventDefault();
    const order = asked;
    let trouble = "the service did not answer";
    try {
      const response = await fetch(location.pathname + location.search,
        { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
      trouble = response.ok ? "" : (await response.text()).trim();
    } catch { /* it did not answer */ }
    if (asked !== order) return; // somebody who did not wait is asked something else
    if (!trouble) { $("confirm").close(); return; }
    $("effect").className = "lost";
    setText($("effect"), trouble);
  });

  function refilter() {
    wanted = $("filter").value.trim().toLowerCase();
    sickOnly = $("sick").checked;
    for (const row of rows.values()) drawFilter(row);
    drawSummary();
  }
  $("filter").addEventListener("input", refilter);
  $("sick").addEventListener("change", refilter);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("confirm").open) return;
    if (event.target === $("filter")) {
      if (event.key === "Escape") { $("filter").value = ""; refilter(); $("filter").blur(); }
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      $("filter").focus();
    } else if (event.key === "j" || event.key === "k") {
      const list = [...document.querySelectorAll(".breaker:not([hidden]) summary")];
      const at = list.findIndex((s) => s.closest("li").contains(document.activeElement));
      const to = list[event.key === "j" ? at + 1 : Math.max(0, at - 1)];
      if (to) { to.focus(); to.scrollIntoView({ block: "nearest" }); }
    }
  });

  connect();
})();
