"""The road of a ticket, one step a file. Steps meet in the database and never import each other.

pull     help-desk pages -> redacted tickets; rows and cursor in one transaction
embed    texts without a vector -> vectors
group    tickets without a cluster -> clusters with stable ids
rank     clusters, accounts, plans -> score, rank, explanation
publish  approved clusters -> drafts in the outbox
deliver  due outbox rows -> the other side; the only caller of a connector's writes
track    tracker pages -> tracker items
plan     tracker items that moved -> suggested remedy states
push     approved plans x open member tickets -> notes and fields in the outbox
"""
