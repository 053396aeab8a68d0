"use strict";

// Sends factor packs to the gateway, each a file with its signature, and says what came of each.
const packs = document.getElementById("packs");
const chosen = document.getElementById("pack-files");
const said = document.getElementById("packs-said");

packs.hidden = false;
document.getElementById("without-scripts").hidden = true;
packs.addEventListener("submit", async event => {
  event.preventDefault();
  said.replaceChildren();
  const files = new Map([...chosen.files].map(f => [f.name, f]));
  const tables = [...files.keys()].filter(n => !n.endsWith(".sig"));
  for (const name of [...files.keys()].filter(n => n.endsWith(".sig") && !files.has(n.slice(0, -4)))) {
    say(false, `${name}: choose ${name.slice(0, -4)} together with it.`);
  }
  packs.querySelector("button").disabled = true;
  for (const name of tables) {
    const signature = files.get(name + ".sig");
    const [good, words] = !signature ? [false, `choose ${name}.sig together with it.`] : await load(files.get(name), signature);
    say(good, `${name}: ${words}`);
  }
  packs.querySelector("button").disabled = false;
});

// Whether it was loaded, and what to say.
async function load(file, signature) {
  if (file.size > Number(packs.dataset.most) || signature.size > 1000) {
    return [false, "it is too long for a factor pack. Nothing was sent."];
  }
  try {
    const bytes = new Uint8Array(await signature.arrayBuffer());
    const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    for (let turns = 1; ; turns++) {
      const answer = await fetch(`/v1/factors?signature=${text}`, { method: "POST", body: file, headers: { "Content-Type": "text/csv" } });
      const what = await answer.json();
      if (answer.ok) {
        return [true, `${what.set}, version ${what.version}, is loaded. It holds from the next start of the gateway on.`];
      }
      if (answer.status !== 429 || turns === 5) {
        return [false, `${what.detail} Nothing was loaded.`];
      }
      await new Promise(later => setTimeout(later, 1000 * Number(answer.headers.get("Retry-After"))));
    }
  } catch {
    return [false, "no answer from the gateway. Load it again: a pack that is there already is not loaded twice."];
  }
}

function say(good, words) {
  const line = document.createElement("li");
  line.className = good ? "" : "refused";
  line.textContent = words;
  said.append(line);
}
