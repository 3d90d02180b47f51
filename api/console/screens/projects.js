// Projects: the list, one of them, its content, and an item of that.

import { contentView, itemView } from "../content.js";
import { projectsView, projectView } from "../projects.js";

export const projects = {
  name: "projects", title: "Projects", group: "Build", scope: "projects:read", key: "p", icon: "projects", ids: ["prj"],
  async show(view) {
    const [path, things, part] = view.path;
    view.title("Projects");
    const shown = !path ? projectsView : things !== "content" ? projectView : part ? itemView : contentView;
    await shown(view.main, { path, part, query: view.query, signal: view.signal, may: view.may });
  },
};
