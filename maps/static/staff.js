// The staff's page: what is chosen, what that asks of the service, and what follows when the answer comes.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var t = geogrid.t, byId = geogrid.byId, door = geogrid.door;
  var narrow = window.matchMedia("(max-width: 760px)");
  var ready = false, asked = 0;
  geogrid.isFolding = function () { return narrow.matches; };
  geogrid.town = null;
  geogrid.table = null;

  function fresh() {
    var layers = { households: true };
    geogrid.data.layers.forEach(function (layer) { layers[layer.key] = layer.show; });
    return { service: "", when: "now", tab: "households", open: false, chosen: null, explanation: null, way: 0, trouble: "", layers: layers };
  }
  var state = (geogrid.state = fresh());

  geogrid.service = function () { return geogrid.town.services.find(function (service) { return service.id === state.service; }); };
  geogrid.counts = function () {
    var counts = geogrid.table.statuses.map(function () { return 0; });
    geogrid.table.status.forEach(function (status) { counts[status]++; });
    return counts;
  };
  // Those who are not covered, from the worst: without a way first, then by minutes; those whose way cannot be measured last.
  geogrid.farthest = function (most) {
    var table = geogrid.table, far = [];
    table.status.forEach(function (status, i) { if (table.statuses[status] !== "covered") far.push(i); });
    function minutes(i) { return table.statuses[table.status[i]] === "unreached" ? -1 : table.minutes[i] === null ? Infinity : table.minutes[i]; }
    return far.sort(function (a, b) { return (minutes(a) === minutes(b) ? 0 : minutes(b) - minutes(a)) || a - b; }).slice(0, most);
  };

  function draw() {
    geogrid.drawSwitches();
    if (!ready) return;
    geogrid.drawLegend();
    geogrid.drawPanel();
  }

  geogrid.set = function (changes) {
    var before = Object.assign({}, state);
    Object.assign(state, changes);
    if (changes.lang && changes.lang !== geogrid.lang) {
      geogrid.lang = changes.lang;
      geogrid.drawChrome();
    }
    if (state.service !== before.service || state.when !== before.when) {
      geogrid.restyle();
      load();
    }
    if (state.chosen !== before.chosen) explain();
    if (changes.layers) {
      geogrid.show(state.layers);
      loadLayers().catch(trouble);
    }
    if (state.way !== before.way) geogrid.drawWays();
    draw();
  };

  // The layers that are to be seen and were not asked for yet.
  var wanted = {};
  function loadLayers() {
    var missing = geogrid.data.layers.filter(function (layer) { return state.layers[layer.key] && !wanted[layer.key]; });
    return Promise.all(missing.map(function (layer) {
      wanted[layer.key] = true;
      return door.ask(layer.key).then(function (content) {
        if (geogrid.town) geogrid.drawLayer(layer, content);
      });
    }));
  }

  // Every household's status for the chosen service.
  function load() {
    var mine = ++asked;
    return door.ask("households", { service: state.service, when: state.when }).then(function (table) {
      if (mine !== asked) return;
      geogrid.table = table;
      geogrid.drawHouseholds(table);
      ready = true;
      if (state.chosen !== null) explain();
      draw();
    }).catch(trouble);
  }

  // The ways of the household that is looked at; a later question overtakes an earlier one.
  function explain() {
    var chosen = state.chosen, service = state.service, when = state.when;
    Object.assign(state, { explanation: null, way: 0, trouble: "" });
    geogrid.drawWays();
    if (chosen === null) return Promise.resolve();
    function isCurrent() { return state.chosen === chosen && state.service === service && state.when === when; }
    return door.ask("explain", { household: geogrid.table.id[chosen], service: service, when: when }).then(function (explanation) {
      if (!isCurrent()) return;
      state.explanation = explanation;
      geogrid.drawWays();
      draw();
      if (wantsZoom || !seesAll(state.way)) fitTo(geogrid.boundsOfWays(state.way), 17);
      wantsZoom = false;
      byId("news").textContent = explanation.reason[geogrid.lang];
    }).catch(function (error) {
      if (error instanceof door.Refused) return trouble(error);
      if (!isCurrent()) return;
      state.trouble = t("failed", { text: error.message });
      draw();
    });
  }

  var wantsZoom = false;
  geogrid.choose = function (household, options) {
    wantsZoom = Boolean(options && options.zoom);
    if (state.chosen === household) return geogrid.revealWay();
    geogrid.set({ chosen: household, open: true });
  };
  geogrid.revealWay = function (way) {
    if (state.explanation && !seesAll(way)) fitTo(geogrid.boundsOfWays(way), 17);
  };

  // Room that the controls over the map take away.
  function padding() {
    var box = byId("map").getBoundingClientRect();
    if (geogrid.isFolding()) return { paddingTopLeft: [28, 28], paddingBottomRight: [28, Math.min(box.bottom - byId("dock").getBoundingClientRect().top, box.height * 0.8) + 24] };
    return { paddingTopLeft: [32, byId("controls").getBoundingClientRect().bottom - box.top + 20], paddingBottomRight: [76, Math.min(box.bottom - byId("legend").getBoundingClientRect().top + 16, box.height / 2)] };
  }
  function fitTo(bounds, most) {
    if (bounds.isValid()) geogrid.leaflet.fitBounds(bounds, Object.assign({ animate: false, maxZoom: most || 18 }, padding()));
  }
  function seesAll(way) {
    var map = geogrid.leaflet, room = padding(), size = map.getSize(), bounds = geogrid.boundsOfWays(way);
    var seen = L.bounds(L.point(room.paddingTopLeft), size.subtract(room.paddingBottomRight));
    return seen.contains(L.bounds(map.latLngToContainerPoint(bounds.getNorthWest()), map.latLngToContainerPoint(bounds.getSouthEast())));
  }
  geogrid.fit = function () { fitTo(state.explanation ? geogrid.boundsOfWays() : geogrid.boundsOfTown()); };

  // Pointer: one tooltip, and clicks.
  var tooltip = null, hovered = "";
  function thingAt(event, reach) {
    var household = geogrid.householdAt(event.latlng, reach / 2);
    if (household !== null) return { household: household, key: "h" + household, place: geogrid.placeOf(household) };
    var facility = geogrid.facilityAt(event.latlng, reach);
    return facility ? { facility: facility, key: "f" + facility.properties.facility_id, place: event.latlng } : null;
  }
  function onMove(event) {
    var thing = thingAt(event, 10), key = thing ? thing.key : "";
    byId("map").classList.toggle("pointing", Boolean(thing));
    if (key === hovered) return;
    hovered = key;
    if (thing) tooltip.setContent(geogrid.tipOf(thing)).setLatLng(thing.place).openOn(geogrid.leaflet);
    else tooltip.close();
  }
  function onLeave() {
    hovered = "";
    if (tooltip) tooltip.close();
  }
  function onClick(event) {
    var thing = thingAt(event, geogrid.isFolding() ? 26 : 12);
    onLeave();
    if (thing && thing.household !== undefined) geogrid.choose(thing.household);
    else if (thing) tooltip.setContent(geogrid.tipOf(thing)).setLatLng(thing.place).openOn(geogrid.leaflet);
    else geogrid.set({ chosen: null, open: false });
  }

  // Coming in: the town first, which says whether the token will do, then everything else.
  function come() {
    byId("enter").disabled = true;
    byId("wrong").textContent = t("opening");
    return door.ask("town").then(function (town) {
      geogrid.town = town;
      state.service = town.services[0].id;
      door.hide();
      startOnce(geogrid.startMap());
      geogrid.drawChrome();
      return Promise.all([loadLayers(), load()]);
    }).then(function () {
      if (!ready) return;
      geogrid.restyle();
      draw();
      geogrid.settle();
      geogrid.fit();
      document.body.setAttribute("data-ready", "true");
      byId("search").focus({ preventScroll: true });
    }).catch(trouble);
  }
  function trouble(error) {
    if (!(error instanceof door.Refused) && !(error instanceof Error)) throw error;
    out();
    if (error instanceof door.Refused && geogrid.data.inside) return window.location.assign("login?lang=" + geogrid.lang + "&next=staff");
    door.show(error instanceof door.Refused ? error.message : t("failed", { text: error.message }));
    draw();
  }
  // Nothing of the town stays in the page.
  function out() {
    door.leave();
    asked++;
    ready = false;
    geogrid.town = geogrid.table = null;
    wanted = {};
    Object.assign(state, fresh());
    if (geogrid.leaflet) geogrid.clearMap();
    ["legend", "view", "hits"].forEach(function (id) { geogrid.replace(byId(id)); });
    byId("search").value = byId("news").textContent = "";
    document.body.removeAttribute("data-ready");
    geogrid.drawChrome();
  }
  geogrid.leave = function () {
    out();
    if (geogrid.data.inside) return window.location.assign("login?lang=" + geogrid.lang);
    door.show(t("left"));
    draw();
  };

  var started = false;
  function startOnce(map) {
    if (started) return map.invalidateSize({ animate: false });
    started = true;
    geogrid.addControls(map, geogrid.fit);
    tooltip = L.tooltip({ direction: "auto", offset: [12, 0], opacity: 1, className: "tip", interactive: false });
    map.on("mousemove", onMove).on("mouseout", onLeave).on("click", onClick).on("movestart", onLeave);
    geogrid.startSearch();
    new ResizeObserver(geogrid.settle).observe(byId("dock"));
  }

  byId("doorform").addEventListener("submit", function (event) {
    event.preventDefault();
    door.enter(byId("token").value);
    byId("token").value = "";
    come();
  });
  // Pasted over the address of an open page, a token changes what follows the # and loads nothing anew.
  window.addEventListener("hashchange", function () {
    if (!door.isInAddress()) return;
    out();
    if (door.fromAddress()) come();
    else door.show();
  });
  var hasToken = door.fromAddress();
  geogrid.drawChrome();
  draw();
  if (hasToken || geogrid.data.inside) come();
  else door.show();
  document.body.setAttribute("data-started", "true");
})();
