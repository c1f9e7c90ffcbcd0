// What makes the pages quick: a sheet that holds only what is in sight, and keys. Pages work without it, too.
"use strict";

document.documentElement.classList.add("js");

const $ = (selector, root = document) => root.querySelector(selector);

// ---- the sheet: a window on a list of any length ----

const MAX_HEIGHT = 6e6; // pixels; browsers cut off what is much higher, so a longer roll moves faster than its bar
const KEPT_PAGES = 40;
const AHEAD = 1; // windows above and below that are ready

class Roll {
  constructor(root) {
    this.space = $("[data-space]", root);
    this.list = $("[data-cells]", root);
    this.total = Number(root.dataset.total);
    this.page = Number(root.dataset.page);
    this.pages = new Map(); // number of a page -> its cells, or a promise of them
    this.version = 0; // of the query: what comes late for an older one is dropped
    this.top = 0; // of the window, in pixels of the whole roll
    this.lastScroll = -1;
    this.isFlying = false; // the bar is dragged far at once
    this.sought = null; // the position that will have the focus when it is there
    this.adopt(Number(root.dataset.first), [...this.list.children]);
    if (this.list.firstElementChild) {
      this.space.classList.add("windowed");
      this.measure();
      this.goTo(Number(root.dataset.at));
    }
    addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(this.space);
  }

  adopt(first, cells) {
    if (cells.length) this.pages.set(Math.floor(first / this.page), cells);
  }

  measure() {
    const cell = this.list.firstElementChild;
    if (!cell) return;
    const style = getComputedStyle(this.list);
    this.columns = style.gridTemplateColumns.split(" ").length;
    this.rowHeight = cell.getBoundingClientRect().height + parseFloat(style.rowGap);
    this.rows = Math.ceil(this.total / this.columns);
    this.height = this.rows * this.rowHeight;
    this.space.style.height = `${Math.min(this.height, MAX_HEIGHT)}px`;
    this.offset = this.space.getBoundingClientRect().top + scrollY - this.head();
  }

  head() { // what stays on top of the window
    const bar = $("[data-controls]");
    const rect = bar.getBoundingClientRect();
    return getComputedStyle(bar).position === "sticky" ? 48 + rect.height : 0;
  }

  get view() { return innerHeight - this.head(); }
  get furthest() { return Math.max(0, this.height - this.view); } // of `top`
  get bar() { return Math.max(1, Math.min(this.height, MAX_HEIGHT) - this.view); } // of the scroll bar

  // Where the window is: a long roll is moved pixel by pixel near by, and in proportion when the bar is dragged.
  scrolled() {
    if (!this.rowHeight || this.lastScroll === scrollY) return;
    const scroll = Math.max(0, scrollY - this.offset);
    const moved = scrollY - this.lastScroll;
    this.isFlying = Math.abs(moved) > 2 * innerHeight;
    if (this.height <= MAX_HEIGHT) this.top = scroll;
    else if (Math.abs(moved) < 3 * innerHeight) this.top += moved;
    else this.top = (scroll / this.bar) * this.furthest;
    this.top = Math.min(this.furthest, Math.max(0, this.top));
    this.lastScroll = scrollY;
    this.draw();
    clearTimeout(this.settling);
    const atEnd = scroll <= 0 || scroll >= this.bar - 1;
    this.settling = setTimeout(() => this.settle(), atEnd ? 0 : 150);
  }

  settle() { // brings the bar to where the window is, and the address too
    if (this.height > MAX_HEIGHT) this.moveBar();
    this.draw();
    const address = new URL(location);
    const at = Math.round(this.top / this.rowHeight) * this.columns;
    if (at) address.searchParams.set("at", at);
    else address.searchParams.delete("at");
    if (address.href !== location.href) history.replaceState(null, "", address);
  }

  moveBar() {
    const share = this.furthest ? this.top / this.furthest : 0;
    scrollTo({ top: this.height <= MAX_HEIGHT ? this.top + (this.top > 0 ? this.offset : 0) : this.offset + share * this.bar, behavior: "instant" });
    this.lastScroll = scrollY;
  }

  goTo(position) {
    this.top = Math.min(this.furthest, Math.floor(position / this.columns) * this.rowHeight);
    this.moveBar();
    this.draw();
  }

  resized() {
    if (!this.rowHeight || this.width === this.space.clientWidth) return;
    this.width = this.space.clientWidth;
    const first = Math.round(this.top / this.rowHeight) * this.columns;
    this.measure();
    this.goTo(first);
  }

  draw() {
    const firstRow = Math.max(0, Math.floor((this.top - AHEAD * this.view) / this.rowHeight));
    const lastRow = Math.min(this.rows, Math.ceil((this.top + (1 + AHEAD) * this.view) / this.rowHeight));
    const first = firstRow * this.columns;
    const last = Math.min(this.total, lastRow * this.columns);
    const wanted = [];
    for (let position = first; position < last; position++) wanted.push(this.cell(position));
    const keep = new Set(wanted);
    for (const cell of [...this.list.children]) if (!keep.has(cell)) cell.remove();
    wanted.forEach((cell, place) => {
      if (this.list.children[place] !== cell) this.list.insertBefore(cell, this.list.children[place] ?? null);
    });
    const scroll = Math.max(0, scrollY - this.offset);
    const drift = this.height > MAX_HEIGHT ? scroll - this.top : 0;
    this.list.style.transform = `translateY(${firstRow * this.rowHeight + drift}px)`;
  }

  cell(position) {
    const number = Math.floor(position / this.page);
    const page = this.pages.get(number);
    if (Array.isArray(page)) {
      this.pages.delete(number); // the page used last is dropped last
      this.pages.set(number, page);
      return page[position - number * this.page] ?? waiting();
    }
    if (!page) this.pages.set(number, this.load(number));
    return waiting();
  }

  async load(number) {
    const version = this.version;
    if (this.isFlying) await new Promise((resolve) => setTimeout(resolve, 60)); // most pages are passed by
    if (version !== this.version) return;
    if (!this.isNear(number)) {
      this.pages.delete(number);
      return;
    }
    const answer = await fetch(cellsAddress(number * this.page));
    if (version !== this.version) return;
    if (!answer.ok) {
      this.pages.delete(number);
      return;
    }
    this.pages.set(number, parsed(await answer.text()));
    for (const old of this.pages.keys()) {
      if (this.pages.size <= KEPT_PAGES) break;
      if (!this.isNear(old)) this.pages.delete(old);
    }
    this.draw();
  }

  isNear(number) {
    const first = (this.top / this.rowHeight) * this.columns;
    const seen = (this.view / this.rowHeight) * this.columns;
    return (number + 1) * this.page > first - 2 * seen && number * this.page < first + 3 * seen;
  }

  // Show another choice of entries.
  async choose(at = 0) {
    const version = ++this.version;
    const first = at - (at % this.page);
    const answer = await fetch(cellsAddress(first));
    if (version !== this.version || !answer.ok) return;
    const html = await answer.text();
    if (version !== this.version) return;
    this.total = Number(answer.headers.get("X-Total"));
    $("[data-count]").textContent = decodeURIComponent(answer.headers.get("X-Count"));
    $("[data-nothing]").hidden = this.total > 0;
    this.pages.clear();
    const cells = parsed(html);
    this.adopt(first, cells);
    this.list.replaceChildren(...cells);
    this.space.classList.toggle("windowed", cells.length > 0);
    if (!cells.length) {
      this.space.style.height = "0px";
      return;
    }
    this.measure();
    this.goTo(at);
  }

  // Bring a position into sight and put the focus on it.
  async focus(position) {
    const wanted = Math.min(this.total - 1, Math.max(0, position));
    this.sought = wanted;
    const row = Math.floor(wanted / this.columns) * this.rowHeight;
    if (row < this.top) this.top = row;
    else if (row + this.rowHeight > this.top + this.view) this.top = Math.min(this.furthest, row + this.rowHeight - this.view);
    this.moveBar();
    this.draw();
    await this.pages.get(Math.floor(wanted / this.page));
    if (this.sought !== wanted) return; // another key came meanwhile
    this.sought = null;
    $(`[data-position="${wanted}"] a`, this.list)?.focus({ preventScroll: true });
    this.settle();
  }
}

function parsed(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return [...made.content.children];
}

function waiting() {
  const cell = document.createElement("li");
  cell.className = "cell waiting";
  cell.innerHTML = '<span class="frame"></span><span class="caption"></span>';
  cell.setAttribute("aria-hidden", "true");
  return cell;
}

function cellsAddress(first) {
  const parameters = new URLSearchParams(location.search);
  parameters.set("at", first);
  return `/cells?${parameters}`;
}

// A picture that turns out damaged comes as one clear pixel: ask why.
async function askWhy(image) {
  const cell = image.closest(".cell");
  if (!cell || image.naturalWidth !== 1 || image.naturalHeight !== 1) return;
  const number = new URL(image.src).pathname.split("/").pop();
  const answer = await fetch(`/fault/${number}`);
  const why = answer.ok ? await answer.text() : "";
  if (!why) return;
  const note = document.createElement("span");
  note.className = "fault";
  const heading = document.createElement("b");
  heading.textContent = "damaged ";
  note.append(heading, why);
  image.replaceWith(note);
  cell.classList.add("faulty");
}

function startSheet(root) {
  const roll = new Roll(root);
  const controls = $("[data-controls]");
  const chosen = () => {
    const parameters = new URLSearchParams();
    for (const [name, value] of new FormData(controls)) if (value) parameters.set(name, value);
    return `/${parameters.size ? `?${parameters}` : ""}`;
  };
  const change = () => {
    if (chosen() === location.pathname + location.search) return;
    history.pushState(null, "", chosen());
    roll.choose();
  };
  let typing;
  controls.addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(change, event.target.type === "search" ? 250 : 0);
  });
  controls.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    change();
  });
  addEventListener("popstate", () => {
    const parameters = new URLSearchParams(location.search);
    for (const field of controls.elements) {
      if (field.type === "checkbox") field.checked = parameters.get(field.name) === field.value;
      else if (field.name) field.value = parameters.get(field.name) ?? "";
    }
    roll.choose(Number(parameters.get("at") ?? 0));
  });
  root.addEventListener("load", (event) => askWhy(event.target), true);
  for (const image of root.querySelectorAll("img")) if (image.complete) askWhy(image);
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -2, ArrowDown: 2 };
  addEventListener("keydown", (event) => {
    if (!(event.key in steps) || isTyping(event) || event.altKey || event.ctrlKey || event.metaKey || !roll.rowHeight) return;
    const cell = event.target.closest?.("[data-position]");
    const from = roll.sought ?? (cell ? Number(cell.dataset.position) : null);
    if (from === null && (event.key === "ArrowUp" || event.key === "ArrowDown")) return; // these scroll
    event.preventDefault();
    const step = steps[event.key];
    if (from === null) roll.focus(Math.round(roll.top / roll.rowHeight) * roll.columns);
    else roll.focus(from + (Math.abs(step) === 1 ? step : (step / 2) * roll.columns));
  });
  const sizes = [72, 104, 148, 212, 300];
  const resize = (step) => {
    const now = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--cell"));
    const place = sizes.findIndex((size) => size >= now) + step;
    const size = sizes[Math.min(sizes.length - 1, Math.max(0, place))];
    document.documentElement.style.setProperty("--cell", `${size}px`);
    localStorage.setItem("cell", size);
    roll.width = 0;
    roll.resized();
  };
  const kept = Number(localStorage.getItem("cell"));
  if (sizes.includes(kept)) {
    document.documentElement.style.setProperty("--cell", `${kept}px`);
    roll.width = 0;
    roll.resized();
  }
  keys["-"] = () => resize(-1);
  keys["+"] = keys["="] = () => resize(1);
  keys["/"] = () => $("[name=q]", controls).focus();
  if (!root.dataset.full) follow(roll);
}

// While records are still being looked through: say how far, and show more of what was asked for.
async function follow(roll) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const answer = await fetch("/progress").catch(() => null);
    if (!answer?.ok) return;
    const progress = await answer.json();
    const asked = [...new URLSearchParams(location.search).keys()].some((name) => name !== "at");
    if (asked) await roll.choose(Number(new URLSearchParams(location.search).get("at") ?? 0));
    else $("[data-count]").textContent = progress.text;
    if (progress.done === progress.count) break;
  }
  const page = parsed(await (await fetch(location.href)).text());
  const fresh = page.find((one) => one.matches?.("[data-controls]"))?.querySelector("[name=label]");
  const old = $("[name=label]");
  if (fresh && old && document.activeElement !== old) old.replaceWith(fresh);
}

// ---- a record ----

function startRecord() {
  const stage = $("[data-stage]");
  const go = (selector) => () => $(selector)?.click();
  Object.assign(keys, {
    ArrowLeft: go("[data-previous]"),
    ArrowRight: go("[data-next]"),
    k: go("[data-previous]"),
    j: go("[data-next]"),
    Escape: go("[data-up]"),
    u: go("[data-up]"),
    b: go("[data-layer=boxes]"),
    m: go("[data-layer=masks]"),
    1: go('[data-zoom="1"]'),
    0: go("[data-zoom=fit]"),
    z: () => {
      const zooms = [...document.querySelectorAll("[data-zoom]")];
      const now = zooms.findIndex((one) => one.hasAttribute("aria-current"));
      zooms[(now + 1) % zooms.length]?.click();
    },
  });
  keys["+"] = keys["="] = () => stepZoom(1);
  keys["-"] = () => stepZoom(-1);
  if (!stage) return;
  measureStage(stage);
  const layers = { boxes: "no-boxes", masks: "no-masks" };
  $("[data-tools]").addEventListener("click", (event) => {
    const tool = event.target.closest("a");
    if (!tool || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { layer, zoom } = tool.dataset;
    if (layer) {
      const off = stage.classList.toggle(layers[layer]);
      tool.toggleAttribute("aria-current", !off);
      if (!off) tool.setAttribute("aria-current", "true");
      remember(layer, off ? "off" : "");
    } else {
      setZoom(stage, zoom);
      remember("zoom", zoom === "fit" ? "" : zoom);
    }
  });
}

function measureStage(stage) {
  const { width, height } = $(".picture", stage).dataset;
  if (!width) return;
  stage.style.setProperty("--width", width);
  stage.style.setProperty("--height", height);
  stage.classList.add("measured");
}

function stepZoom(step) {
  const zooms = [...document.querySelectorAll("[data-zoom]")];
  const now = zooms.findIndex((one) => one.hasAttribute("aria-current"));
  zooms[now + step]?.click();
}

function setZoom(stage, zoom) {
  const picture = $(".picture", stage);
  const scroller = $("[data-scroller]");
  const centre = [
    (scroller.scrollLeft + scroller.clientWidth / 2) / stage.clientWidth,
    (scroller.scrollTop + scroller.clientHeight / 2) / stage.clientHeight,
  ];
  for (const tool of document.querySelectorAll("[data-zoom]")) {
    if (tool.dataset.zoom === zoom) tool.setAttribute("aria-current", "true");
    else tool.removeAttribute("aria-current");
  }
  stage.className = stage.className.replace(/zoom-\w+/, `zoom-${zoom}`);
  const factor = zoom === "fit" ? 1 : Number(zoom);
  if (picture.dataset.width) {
    picture.width = picture.dataset.width * factor;
    picture.height = picture.dataset.height * factor;
  }
  scroller.scrollTo(
    centre[0] * stage.clientWidth - scroller.clientWidth / 2,
    centre[1] * stage.clientHeight - scroller.clientHeight / 2,
  );
}

function remember(name, value) {
  if (location.protocol === "file:") return; // pages that were exported have one address each
  for (const link of [location, ...document.querySelectorAll("[data-previous], [data-next], [data-tools] a")]) {
    const address = new URL(link.href);
    if (link.dataset?.layer === name || (name === "zoom" && link.dataset?.zoom)) continue;
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
    if (link === location) history.replaceState(null, "", address);
    else link.href = address.href;
  }
  const own = $(`[data-layer="${name}"]`);
  if (own) {
    const address = new URL(location.href);
    if (value) address.searchParams.delete(name);
    else address.searchParams.set(name, "off");
    own.href = address.href;
  }
}

// ---- the summary ----

if ($("[data-growing]")) setTimeout(() => location.reload(), 3000);

// ---- keys ----

const keys = {
  s: () => $("nav [href$='summary'], nav [href$='summary.html']")?.click(),
  "?": () => $(".help").showModal(),
};

function isTyping(event) {
  return event.target.matches?.("input:not([type=checkbox]), select, textarea") || $("dialog[open]");
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.("input")) event.target.blur();
  if (event.defaultPrevented || isTyping(event) || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key.startsWith("Arrow") && event.target.closest?.("[data-scroller], .wide")) return;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

$("[data-help]").addEventListener("click", () => $(".help").showModal());

// ---- start ----

const sheet = $("[data-roll]");
if (sheet?.dataset.live) startSheet(sheet);
if (document.body.classList.contains("record")) startRecord();
