"""Command that writes all generated pages."""

from tools.docs.pages import CHECKOUT_ROOT_FOLDER, render_generated_pages

if __name__ == "__main__":
    for name, text in render_generated_pages().items():
        (CHECKOUT_ROOT_FOLDER / name).write_text(text, "utf-8")
