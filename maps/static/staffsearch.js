// Search by a household's id: a combobox that works with the keyboard alone. Nothing that is typed leaves the page.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var t = geogrid.t, h = geogrid.h;
  var MOST = 12;
  var found = [], active = -1;
  var input, list;

  function plain(text) { return String(text).normalize("NFKC").toLowerCase(); }

  // The whole id first, then ids that begin so, then those that hold it.
  function hits(text) {
    var ranked = [[], [], []];
    geogrid.table.id.forEach(function (id, i) {
      var at = plain(id).indexOf(text);
      if (at >= 0) ranked[at > 0 ? 2 : id.length === text.length ? 0 : 1].push(i);
    });
    return ranked[0].concat(ranked[1], ranked[2]);
  }

  function option(household, i) {
    return h("li", { role: "option", id: "hit" + i, "aria-selected": "false", onmousedown: function (event) { event.preventDefault(); take(i); } },
      h("span", { class: "kind" }, t("household")), h("span", { class: "what" }, geogrid.table.id[household], h("small", {}, geogrid.gridNameOf(household))));
  }

  function open(text) {
    var all = text && geogrid.table ? hits(text) : [];
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
    if (i < 0 || i >= found.length) return;
    input.value = geogrid.table.id[found[i]];
    close();
    if (geogrid.isFolding()) input.blur();
    geogrid.choose(found[i], { zoom: true });
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

  geogrid.startSearch = function () {
    input = geogrid.byId("search");
    list = geogrid.byId("hits");
    input.addEventListener("input", function () { open(plain(input.value.trim())); });
    input.addEventListener("keydown", onKey);
    input.addEventListener("blur", close);
    input.addEventListener("focus", function () { input.select(); });
  };
})();
