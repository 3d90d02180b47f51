"""Default colors of a template, a framework or a browser: they don't describe the brand that kept them.

They are documented by each of them, or written into a new project. A logo may have any of them.
"""

TEMPLATES = frozenset(
    # Browsers: links, visited ones.
    """#0000ee #551a8b"""
    # Bootstrap 3, 4 and 5; Foundation, Bulma, UIkit, Semantic UI.
    """ #337ab7 #428bca #007bff #0d6efd #1779ba #00d1b2 #1e87f0 #2185d0"""
    # Material: baseline of 2 and 3, Angular's and MUI's; Vuetify, Quasar, Ionic, Ant Design, Element.
    """ #6200ee #03dac6 #6750a4 #3f51b5 #ff4081 #1976d2 #1867c0 #027be3 #3880ff #1890ff #1677ff #409eff"""
    # WordPress and its editor, Elementor, WooCommerce; Docusaurus, VuePress, VitePress, Material for MkDocs.
    """ #0073aa #007cba #2271b1 #3858e9 #6ec1e4 #61ce70 #96588a #7f54b3 #25c2a0 #2e8555 #3578e5 #3eaf7c
    #3451b2 #4051b5"""
    # Generators of icons and apps: for Windows' tiles and Safari's tabs, of Vue, React and Google.
    """ #da532c #2b5797 #5bbad5 #00aba9 #9f00a7 #603cba #b91d47 #2d89ef #1e7145 #00a300 #e3a21a #99b433
    #ffc40d #7e3878 #ee1111 #4dba87 #317efb #4285f4 #3367d6""".split()
)
