// Dialog to upload finished media as content.

import { checkboxes, formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { go } from "../router.js";

export async function upload(project) {
  const headers = once();
  const made = await formDialog({ title: "Upload content", verb: "Upload", broad: true,
    next: "Then schedule it, after any required approval.",
    fields: [
      input("file", "Pictures, or one video", { type: "file", multiple: true,
        accept: "image/jpeg,image/png,image/webp,video/mp4,video/quicktime" }, {
        hint: "Up to ten pictures of 30 MiB, or a video of 100 MiB. Without a file, the caption is the post."
      }),
      input("caption", "Caption", { rows: 5, maxLength: 5000 }, { tag: "textarea" }),
      input("hook", "First line", { maxLength: 300 }, { hint: "Optional, shown in lists only." }),
      checkboxes("aiGenerated", "", [{ value: "true", text: "AI-generated",
        about: "Its posts carry the platforms' AI label." }])
    ], send: (_, __, typed) => {
      const form = new FormData(typed);
      for (const name of ["file", "caption", "hook"]) {
        if (form.getAll(name).every(value => value === "" || (value instanceof File && !value.name)))
          form.delete(name);
      }
      return call("POST", `/v1/projects/${project}/content/upload`, { form, headers });
    } });
  if (made) go(["projects", project, "content", made.id]);
}
