"""Command that writes all generated pages."""

from tools.docs.pages import ROOT, render_generated_pages

if __name__ == "__main__":
    for name, text in render_generated_pages().items():
        (ROOT / name).write_text(text, "utf-8")
