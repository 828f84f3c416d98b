"""The catalogue: course packs from folders of text, their versions, and the pages that show them."""
