// The page that asks for the control token; it also works without this script.

const form = document.getElementById("door");

// The link that was followed may lead deep into the console: it is kept for afterwards.
form.action = location.pathname + location.hash;

if (new URLSearchParams(location.search).has("token")) {
  document.getElementById("refused").hidden = false;
  history.replaceState(null, "", location.pathname + location.hash);
}
