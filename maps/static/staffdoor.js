// The door: the token is taken from the address or asked for, kept in this closure alone, and sent with every question.
// Who has logged in needs none: the browser sends the session's cookie to our own service.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var t = geogrid.t, byId = geogrid.byId;
  var token = "";
  var door = (geogrid.door = {});

  function Refused(message) {
    this.message = message;
  }
  door.Refused = Refused;

  door.isInAddress = function () { return /(?:^#|&)token=/.test(window.location.hash); };
  // Out of the address at once, so that it stands in no history, bookmark or screenshot.
  door.fromAddress = function () {
    var found = /(?:^#|&)token=([^&]*)/.exec(window.location.hash);
    if (window.location.hash) window.history.replaceState(null, "", window.location.pathname + window.location.search);
    try {
      token = found ? decodeURIComponent(found[1]) : "";
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
    }
    return Boolean(token);
  };
  door.enter = function (given) { token = given.trim(); };
  door.leave = function () { token = ""; };

  // Only signs that a header can carry; anything else cannot be the token.
  function isSendable(text) { return /^[\x21-\x7e]+$/.test(text); }

  // Ask for data under api/v1/staff/; the page stands beside it, wherever the service is mounted.
  door.ask = function (what, parameters) {
    var inside = geogrid.data.inside && !token;
    if (!inside && !isSendable(token)) return Promise.reject(new Refused(t("wrongToken")));
    var query = new URLSearchParams(Object.assign({ lang: geogrid.lang }, parameters)).toString();
    var options = { cache: "no-store", credentials: inside ? "same-origin" : "omit", referrerPolicy: "no-referrer" };
    if (!inside) options.headers = { Authorization: "Bearer " + token };
    return fetch("api/v1/staff/" + what + "?" + query, options).then(read, function () { throw new Error(t("offline")); });
  };

  function read(response) {
    if (response.status === 401) throw new Refused(t("wrongToken"));
    if (response.status === 429) throw new Refused(t("tooMany", { n: response.headers.get("Retry-After") || "60" }));
    return response.json().then(function (content) {
      if (!response.ok) throw new Error(content.detail || content.title);
      return content;
    });
  }

  // The form that asks for the token; message says why the last one did not do.
  door.show = function (message) {
    byId("door").hidden = false;
    ["map", "dock", "searchbox"].forEach(function (id) { byId(id).hidden = true; });
    byId("wrong").textContent = message || "";
    if (geogrid.data.inside) return noForm();
    byId("token").value = "";
    byId("enter").disabled = false;
    byId("token").focus();
  };
  // Who has logged in is asked for no token: there is something else in the way, and it can be tried again.
  function noForm() {
    byId("doortitle").textContent = t("trouble");
    byId("doortext").hidden = byId("tokenlabel").hidden = true;
    byId("token").required = false;
    byId("enter").textContent = t("retry");
    byId("enter").disabled = false;
    byId("enter").focus();
  }
  door.hide = function () {
    byId("door").hidden = true;
    ["map", "dock", "searchbox"].forEach(function (id) { byId(id).hidden = false; });
  };
})();
