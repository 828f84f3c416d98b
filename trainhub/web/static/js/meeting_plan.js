// The sentence page of a class meeting: the sentence follows the lesson that is chosen; another pack or class shows at once.
(() => {
  "use strict";
  const form = document.getElementById("plan");
  const when = document.getElementById("when");
  if (!form || !when) return;
  form.addEventListener("change", (event) => {
    const field = event.target;
    if (field.name === "slot") {
      when.textContent = field.dataset.when || when.dataset.other;
    } else if (["day", "lesson", "starts", "ends"].includes(field.name)) {
      const other = form.querySelector('input[name="slot"][value="other"]');
      other.checked = true;
      when.textContent = when.dataset.other;
    } else if (field.id === "plan-pack" || field.id === "plan-class") {
      const look = form.querySelector('button[name="do"][value="look"]');
      if (field.id === "plan-class") {
        form.querySelectorAll('input[name="slot"]').forEach((one) => { one.checked = false; });
      }
      if (look) look.click();
    }
  });
})();
