"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const pairs = data.mode === "pairs";
  const choices = pairs ? ["a", "b"] : ["real", "synthetic"];
  const total = data.items.length;
  const store = "abound-inspection-" + data.page;
  const fresh = () => ({ rater: "", judge: false, begun: false, at: 0, answers: {}, wrong: {}, saved: true });
  let state = fresh();

  function recall() {
    let text = null;
    try {
      text = localStorage.getItem(store);
    } catch (error) {
      find("notice").textContent = "This browser keeps nothing when the page is closed: save your answers before.";
    }
    if (text) state = Object.assign(state, JSON.parse(text));
  }

  function keep() {
    try {
      localStorage.setItem(store, JSON.stringify(state));
    } catch (error) {
      find("notice").textContent = "This browser keeps nothing when the page is closed: save your answers before.";
    }
  }

  const element = (tag, text, kind) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  function card(content, place) {
    const made = element("article", undefined, "card");
    if (pairs) made.append(element("h3", place === 0 ? "A" : "B"));
    if (content.image) {
      const image = element("img");
      const chart = content.image.startsWith("data:image/svg");
      image.alt = pairs ? (place === 0 ? "A" : "B") : "the " + data.noun;
      if (chart) {
        image.className = "chart";
        made.classList.add("timeline");
      } else {
        made.classList.add("picture");
        image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < 200));
      }
      image.src = content.image;
      made.append(image);
    }
    const facts = element("div");
    if (content.cells.length) {
      const list = element("dl");
      for (const [name, text] of content.cells) {
        const line = element("div");
        line.append(element("dt", name), element("dd", text));
        list.append(line);
      }
      facts.append(list);
    }
    if (content.label) {
      const told = element("p", content.label[0] + ": ", "told");
      told.append(element("strong", content.label[1]));
      facts.append(told);
    }
    if (facts.hasChildNodes()) made.append(facts);
    return made;
  }

  const answered = () => Object.keys(state.answers).length;

  function only(id) {
    for (const name of ["start", "ask", "end"]) find(name).hidden = name !== id;
  }

  function pressed(id, on) {
    find(id).setAttribute("aria-pressed", on ? "true" : "false");
  }

  function show() {
    only("ask");
    const item = data.items[state.at];
    const given = state.answers[item.item];
    find("place").textContent = (pairs ? "Pair " : "Item ") + (state.at + 1) + " of " + total;
    find("count").textContent = answered() + " answered";
    find("progress").value = answered();
    find("cards").replaceChildren(...item.cards.map(card));
    find("cards").classList.toggle("stack", item.cards.some((c) => c.image));
    pressed("first", given && given.answer === choices[0]);
    pressed("second", given && given.answer === choices[1]);
    find("back").disabled = state.at === 0;
    if (data.labels) {
      find("label").hidden = !state.judge;
      const wrong = state.judge && state.wrong[item.item] === true;
      pressed("label", wrong);
      find("cards").querySelectorAll(".told").forEach((t) => t.classList.toggle("wrong", wrong));
    }
  }

  function answer(which) {
    const item = data.items[state.at].item;
    state.answers[item] = { answer: choices[which] };
    state.saved = false;
    move(1);
  }

  function mark() {
    if (!data.labels || !state.judge) return;
    const item = data.items[state.at].item;
    state.wrong[item] = !state.wrong[item];
    state.saved = false;
    keep();
    show();
  }

  function move(by) {
    const next = state.at + by;
    if (next >= total) {
      keep();
      finish();
      return;
    }
    state.at = Math.max(0, next);
    keep();
    show();
    window.scrollTo(0, 0);
  }

  function result() {
    const answers = [];
    for (const { item } of data.items) {
      const given = state.answers[item];
      if (!given) continue;
      const line = { item: item, answer: given.answer };
      if (state.judge) line.label = state.wrong[item] ? "wrong" : "right";
      answers.push(line);
    }
    return {
      format: "abound-inspection-answers", version: 1, page: data.page, mode: data.mode, rater: state.rater,
      labels: state.judge, answers: answers,
    };
  }

  function finish() {
    only("end");
    const left = total - answered();
    find("done").textContent = left ? answered() + " of " + total + " answered" : "All " + total + " answered";
    find("rest").textContent = left ? "You can save now, or go back to the " + left + " that have no answer." : "Thank you.";
    find("text").value = JSON.stringify(result());
    find("done").focus();
  }

  function save() {
    const name = state.rater.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "");
    const link = element("a");
    const address = URL.createObjectURL(new Blob([JSON.stringify(result())], { type: "application/json" }));
    link.href = address;
    link.download = "answers" + (name ? "-" + name : "") + ".json";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    state.saved = true;
    keep();
  }

  function resume() {
    const open = data.items.findIndex(({ item }) => !state.answers[item]);
    if (open >= 0) state.at = open;
    show();
    find("place").focus();
  }

  function begin() {
    state.rater = find("rater").value.trim();
    state.judge = data.labels && find("judge").checked;
    state.begun = true;
    keep();
    resume();
  }

  function clear() {
    if (!state.saved && !confirm("Some answers are not saved. Clear them all?")) return;
    state = fresh();
    keep();
    find("rater").value = "";
    if (data.labels) find("judge").checked = false;
    only("start");
  }

  document.addEventListener("keydown", (event) => {
    if (find("ask").hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    const keys = pairs ? ["a", "b"] : ["r", "s"];
    if (keys.includes(key)) answer(keys.indexOf(key));
    else if (key === "l") mark();
    else if (event.key === "ArrowLeft") move(-1);
    else if (event.key === "ArrowRight") move(1);
    else return;
    event.preventDefault();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!state.saved) event.preventDefault();
  });
  find("begin").addEventListener("click", begin);
  find("rater").addEventListener("keydown", (event) => { if (event.key === "Enter") begin(); });
  find("first").addEventListener("click", () => answer(0));
  find("second").addEventListener("click", () => answer(1));
  find("back").addEventListener("click", () => move(-1));
  find("forward").addEventListener("click", () => move(1));
  find("finish").addEventListener("click", finish);
  find("resume").addEventListener("click", resume);
  find("save").addEventListener("click", save);
  find("again").addEventListener("click", clear);
  if (data.labels) find("label").addEventListener("click", mark);

  recall();
  find("rater").value = state.rater;
  if (data.labels) find("judge").checked = state.judge;
  if (state.begun) show();
})();
