// What the pages do more where scripts run. Everything that matters works without.
"use strict";

// an address says only what was asked for
document.addEventListener("htmx:configRequest", (event) => {
  const data = event.detail.formData;
  for (const key of new Set(data.keys())) {
    const kept = data.getAll(key).filter((text) => text !== "");
    data.delete(key);
    for (const text of kept) data.append(key, text);
  }
});

// files may be dropped anywhere on their form
document.addEventListener("dragover", (event) => {
  const field = event.target.closest?.("form")?.querySelector("input[type=file]");
  if (field) {
    event.preventDefault();
    event.target.closest("form").classList.add("over");
  }
});
document.addEventListener("dragleave", (event) => event.target.closest?.("form.over")?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  const form = event.target.closest?.("form");
  const fields = [...(form?.querySelectorAll("input[type=file]") ?? [])];
  if (!fields.length || !event.dataTransfer.files.length) return;
  event.preventDefault();
  form.classList.remove("over");
  const aimed = event.target.closest("label")?.querySelector("input[type=file]");
  const site = (name) => /\.(toml|json)$/i.test(name);
  const into = new Map();
  for (const file of event.dataTransfer.files) {
    const field = aimed ?? fields.find((one) => (one.name === "site") === site(file.name)) ?? fields[0];
    if (!into.has(field)) into.set(field, new DataTransfer());
    into.get(field).items.add(file);
  }
  for (const [field, files] of into) field.files = files.files;
});

// what is thrown away is asked about
document.addEventListener("submit", (event) => {
  const asked = event.target.dataset.ask;
  if (asked && !window.confirm(asked)) event.preventDefault();
});

// where a question takes several of a kind, there is always room for another
document.addEventListener("input", (event) => {
  const field = event.target.closest?.("input[data-several]");
  const label = field?.closest("label");
  if (!field?.value || label.nextElementSibling?.querySelector("input")?.name === field.name) return;
  const another = label.cloneNode(true);
  another.querySelector("input").value = "";
  label.after(another);
});
