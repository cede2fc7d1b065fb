"""``bridge evaluate``: how good the shipped grouping is on texts whose issues are known, and how good others are."""
