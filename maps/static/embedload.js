// The first script of an embedded map: what its address asks for, and its data, asked for before anything else is read.
(function () {
  "use strict";
  var config = JSON.parse(document.getElementById("geogrid-data").textContent);
  var chosen = (config.chosen = config.locked || asked());
  var lang = (config.lang = config.langs.indexOf(chosen.lang) >= 0 ? chosen.lang : config.lang);
  var theme = (config.theme = config.themes[chosen.theme] ? chosen.theme : "light");
  document.body.classList.add("theme-" + theme);
  if (chosen.size === "small") document.body.classList.add("small");

  // No URLSearchParams: a broken escape is a value that nothing matches, not an error.
  function asked() {
    var found = {};
    window.location.search.slice(1).split("&").forEach(function (part) {
      var at = part.indexOf("=");
      try {
        if (at > 0) found[decodeURIComponent(part.slice(0, at))] = decodeURIComponent(part.slice(at + 1).replace(/\+/g, " "));
      } catch (error) {
        if (!(error instanceof URIError)) throw error;
      }
    });
    return found;
  }

  // Of a part, in this document, in a script beside it, or at its address.
  function part(name) {
    if (config.inside) return Promise.resolve(config.inside[name]);
    if (config.files) return beside(name);
    return fetch(config.parts[name], { credentials: "omit", referrerPolicy: "no-referrer" }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    });
  }

  function beside(name) {
    return new Promise(function (done, failed) {
      var script = document.createElement("script");
      script.onload = function () { done(window.geogridFiles[name]); };
      script.onerror = function () { failed(new Error(config.files[name])); };
      script.src = config.files[name];
      document.head.appendChild(script);
    });
  }

  function fail() {
    var pair = lang === "zh" ? 0 : 1;
    var wait = document.getElementById("wait");
    var again = document.createElement("button");
    again.type = "button";
    again.textContent = config.says.retry[pair];
    again.addEventListener("click", function () { window.location.reload(); });
    wait.textContent = config.says.failed[pair] + " ";
    wait.setAttribute("role", "alert");
    wait.appendChild(again);
  }

  // A frame that changes its size shows everything again, until somebody has moved the map.
  function keepFitted(geogrid, shows) {
    var moved = shows;
    ["pointerdown", "wheel", "keydown"].forEach(function (kind) {
      document.addEventListener(kind, function () { moved = true; }, { capture: true, passive: true });
    });
    geogrid.leaflet.on("resize", function () {
      geogrid.settle();
      if (!moved) geogrid.fit();
    });
  }

  // Only data that do not arrive are told to the reader; a fault in a script stays one.
  var first = part("first");
  first.catch(fail);
  window.geogridLoaded = function (run) {
    first.then(function (data) {
      var theme = config.themes[config.theme];
      Object.keys(theme.lines).forEach(function (name) { Object.assign(data.style.lines[name], theme.lines[name]); });
      Object.assign(data.style.unknown, theme.unknown);
      var services = data.services.map(function (s) { return s.id; }).concat(data.all ? ["all"] : []);
      data.service = services.indexOf(chosen.service) >= 0 ? chosen.service : services[services.length - 1];
      data.lang = lang;
      data.embed = true;
      window.geogridData = data;
      document.getElementById("wait").remove();
      run();
      keepFitted(window.geogrid, window.geogrid.begin(chosen));
      return part("rest").then(window.geogrid.addRest);
    }, function () {});
  };
})();
