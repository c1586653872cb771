const SHOWN = 50;
const form = document.getElementById("start");
const state = document.getElementById("state");
const table = document.getElementById("words");
let latest = 0;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  // An answer to an earlier question is not shown any more.
  const asked = ++latest;
  const current = () => asked === latest;
  table.hidden = true;
  state.textContent = "Counting …";
  try {
    const words = await count(form.elements.url.value, current);
    if (current()) show(words);
  } catch (error) {
    if (current()) state.textContent = error.message;
  }
});

async function count(url, current) {
  const started = await fetch("start", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ url }),
  });
  if (!started.ok) throw new Error((await started.json()).error);
  const job = await started.text();
  while (current()) {
    const answer = await fetch(`results/${encodeURIComponent(job)}`);
    if (answer.status === 200) return answer.json();
    // 503: the job waits on, only nobody can tell.
    if (answer.status !== 202 && answer.status !== 503) throw new Error((await answer.json()).error);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return [];
}

function show(words) {
  state.textContent = `${words.length} different words`;
  table.tBodies[0].replaceChildren(...words.slice(0, SHOWN).map(row));
  table.hidden = words.length === 0;
}

function row(pair) {
  const line = document.createElement("tr");
  for (const value of pair) line.insertCell().textContent = value;
  return line;
}
