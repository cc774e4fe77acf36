// Search by name or number, of a grid or an area or of what a page names itself: a combobox that works with the keyboard alone.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var t = geogrid.t, h = geogrid.h;
  var MOST = 12;
  var found = [], active = -1;
  var input, list;

  function plain(text) {
    return String(text).normalize("NFKC").toLowerCase();
  }

  // What can be found: a page with other things gives a function that returns them as entries, each with its own place to go.
  var entries = function () {
    var layers = geogrid.data.layers;
    return ["areas", "grids"].reduce(function (all, kind) {
      return all.concat(layers[kind].name.map(function (name, i) {
        return entry(name, layers[kind].id[i], {
          kind: t(kind === "grids" ? "grid" : "area"),
          where: function () { return geogrid.pathOf(kind, i); },
          go: function () { geogrid.choose(kind, i, { zoom: true }); },
        });
      }));
    }, []);
  };
  function entry(label, number, more) {
    return Object.assign({ label: label, number: number, name: plain(label), id: plain(number) }, more);
  }
  geogrid.searchEntry = entry;

  // Smaller is better: the whole name, its beginning, the number's beginning, anywhere in either.
  function rank(entry, text) {
    if (entry.name === text || entry.id === text) return 0;
    if (entry.name.indexOf(text) === 0) return 1;
    if (entry.id.indexOf(text) === 0) return 2;
    if (entry.name.indexOf(text) > 0) return 3;
    return entry.id.indexOf(text) > 0 ? 4 : 5;
  }

  function hits(text) {
    return entries()
      .map(function (entry) { return { entry: entry, rank: rank(entry, text) }; })
      .filter(function (hit) { return hit.rank < 5; })
      .sort(function (a, b) { return a.rank - b.rank; })
      .map(function (hit) { return hit.entry; });
  }

  function option(entry, i) {
    return h("li", { role: "option", id: "hit" + i, "aria-selected": "false", onmousedown: function (event) { event.preventDefault(); take(i); } },
      h("span", { class: "kind" }, entry.kind),
      h("span", { class: "what" }, entry.label, h("small", {}, [entry.where(), entry.number].filter(Boolean).join(" · "))));
  }

  function open(text) {
    var all = text ? hits(text) : [];
    found = all.slice(0, MOST);
    active = -1;
    geogrid.replace(list, found.map(option));
    if (text && !found.length) list.appendChild(h("li", { class: "none" }, t("noHits", { text: input.value.trim() })));
    if (all.length > MOST) list.appendChild(h("li", { class: "none" }, t("hits", { n: geogrid.number(all.length) })));
    list.hidden = !text;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
    geogrid.byId("news").textContent = text ? t("hits", { n: all.length }) : "";
    if (found.length) move(0);
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function move(to) {
    if (!found.length) return;
    active = (to + found.length) % found.length;
    found.forEach(function (_, i) { geogrid.byId("hit" + i).setAttribute("aria-selected", String(i === active)); });
    geogrid.byId("hit" + active).scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", "hit" + active);
  }

  function take(i) {
    var entry = found[i];
    if (!entry) return;
    input.value = entry.label;
    close();
    if (geogrid.isPhone()) input.blur();
    entry.go();
  }

  function onKey(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open(plain(input.value.trim()));
      else move(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(active);
    } else if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      close();
    }
  }

  geogrid.startSearch = function (own) {
    if (own) entries = own;
    input = geogrid.byId("search");
    list = geogrid.byId("hits");
    input.addEventListener("input", function () { open(plain(input.value.trim())); });
    input.addEventListener("keydown", onKey);
    input.addEventListener("blur", close);
    input.addEventListener("focus", function () { input.select(); });
  };
})();
