# Fills a fresh Request Tracker: queues, customers, agents, the bridge's user with a token, ticket fields.
# usage: rt5_seed.pl TOKENFILE   (writes a line "user token" for each of bridge, narrow and distant)
use strict; use warnings; use RT; RT->LoadConfig; RT->Init;
my $su = RT->SystemUser;
my $TICKET = RT::Ticket->CustomFieldLookupType;

sub ok { my ($id, $msg) = @_; die "seed: $msg\n" unless $id; return $id }
sub user { my (%a) = @_; my $u = RT::User->new($su); ok($u->Create(%a)); return $u }
sub group { my ($name, @members) = @_; my $g = RT::Group->new($su); ok($g->CreateUserDefinedGroup(Name => $name));
  ok($g->AddMember($_->PrincipalId)) for @members; return $g }
sub grant { my ($group, $object, @rights) = @_; ok($group->PrincipalObj->GrantRight(Right => $_, Object => $object)) for @rights }
sub token { my ($user) = @_; my ($ok, $msg, $t) = RT::AuthToken->new($su)->Create(Owner => $user->id, Description => 'tests'); die $msg unless $ok; return $t }

my @own = qw(Webshop Wholesale Warranty Workshop Wares);
my %queue;
for (['Support', 'Customer support'], ['Billing', 'Invoices'], ['Secret', 'Seen by few'], map { [$_, 'Of a test of its own'] } @own) {
  $queue{$_->[0]} = RT::Queue->new($su); ok($queue{$_->[0]}->Create(Name => $_->[0], Description => $_->[1])) }

my $bridge = user(Name => 'bridge', EmailAddress => 'bridge@example.test', RealName => 'Issue Bridge', Privileged => 1, Password => 'bridgepass');
my $agent = user(Name => 'agent1', EmailAddress => 'agent1@example.test', RealName => 'Agent One', Privileged => 1, Password => 'agent1pass', Organization => 'Example Inc');
my $narrow = user(Name => 'narrow', EmailAddress => 'narrow@example.test', Privileged => 1, Password => 'narrowpass');
my $distant = user(Name => 'distant', EmailAddress => 'distant@example.test', Privileged => 1, Password => 'distantpass', Timezone => 'Asia/Tokyo');
user(Name => 'alice', EmailAddress => 'alice@acme.test', RealName => 'Alice Adams', Organization => 'Acme Corp', Password => 'alicepass1');
user(Name => 'bob', EmailAddress => 'bob@globex.test', RealName => 'Bob Brown', Organization => 'Globex', Password => 'bobpass1');

# Agents and the bridge work in all queues but Secret; narrow may only read Support; Secret is root's alone.
my @work = qw(SeeQueue ShowTicket ShowTicketComments CreateTicket CommentOnTicket ReplyToTicket ModifyTicket OwnTicket SeeCustomField ModifyCustomField);
my $bridges = group('Bridge', $bridge, $distant); my $agents = group('Agents', $agent);
for my $g ($bridges, $agents) { grant($g, $queue{$_}, @work) for qw(Support Billing), @own }
grant($bridges, RT->System, qw(AdminUsers ManageAuthTokens SeeGroup));
my $readers = group('Readers', $narrow);
grant($readers, $queue{Support}, qw(SeeQueue ShowTicket)); grant($readers, RT->System, qw(ManageAuthTokens));
my $everyone = RT::Group->new($su); $everyone->LoadSystemInternalGroup('Everyone');
grant($everyone, $queue{$_}, qw(CreateTicket ReplyToTicket)) for qw(Support Billing), @own;
grant(RT->System->RoleGroup('Requestor'), RT->System, qw(ShowTicket ReplyToTicket));

for my $spec ({ Name => 'Severity', Type => 'SelectSingle', Values => [qw(Low Medium High)] }, { Name => 'Product Version', Type => 'FreeformSingle' },
              { Name => 'Tags', Type => 'FreeformMultiple' }, { Name => 'Linked Issue', Type => 'FreeformSingle' }) {
  my $values = delete $spec->{Values} || [];
  my $cf = RT::CustomField->new($su); ok($cf->Create(%$spec, LookupType => $TICKET));
  ok($cf->AddValue(Name => $_)) for @$values;
  ok($cf->AddToObject($queue{$_})) for 'Support', @own;   # Billing stays without fields
}

open my $out, '>', $ARGV[0] or die $!;
print $out $_->Name, ' ', token($_), "\n" for $bridge, $narrow, $distant;
close $out;
