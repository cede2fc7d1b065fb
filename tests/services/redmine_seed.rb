# Fills a fresh Redmine: its default trackers, statuses, priorities and workflows, two projects with versions and four that are a test's own, the bridge's member, a developer, an outsider, marker fields.
# Writes NAME=key lines to $RM_KEYS.
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'; Setting.login_required = '1'; Setting.default_language = 'en'
Setting.mail_from = 'redmine@example.test'; Setting.host_name = ENV['RM_HOST']; Setting.protocol = 'http'; Setting.plain_text_mail = '1'
admin = User.find_by_login('admin')
admin.password = admin.password_confirmation = 'adminpass1'; admin.must_change_passwd = false; admin.save!

user = lambda do |login, first, last|
  u = User.new(firstname: first, lastname: last, mail: "#{login}@example.test", language: 'en', mail_notification: 'all')
  u.login = login; u.password = u.password_confirmation = "#{login}pass1"; u.save!
  u
end
bridge, dev, outsider = user.call('bridge', 'Issue', 'Bridge'), user.call('dev1', 'Dev', 'One'), user.call('outsider', 'Out', 'Sider')
manager, developer = Role.where(builtin: 0).order(:position).first(2)
own = %w[webshop wholesale warranty workshop wares].map { |name| [name, name.capitalize] }
([['shop', 'Web Shop'], ['app', 'Mobile App']] + own).each do |identifier, name|
  p = Project.new(name: name, identifier: identifier)
  p.trackers = Tracker.all; p.enabled_module_names = %w[issue_tracking]; p.is_public = false; p.save!
  Member.create!(project: p, user_id: bridge.id, roles: [manager]); Member.create!(project: p, user_id: dev.id, roles: [developer])
  %w[1.0 1.1 2.0].each { |v| Version.create!(project: p, name: v) }
end
[['Bridge Marker', 'string', true], ['Affected Customers', 'int', false]].each do |name, format, searchable|
  cf = IssueCustomField.new(name: name, field_format: format)
  cf.is_for_all = true; cf.is_filter = true; cf.searchable = searchable; cf.trackers = Tracker.all; cf.save!
end
File.write(ENV['RM_KEYS'], { 'ADMIN_KEY' => admin, 'BRIDGE_KEY' => bridge, 'DEV_KEY' => dev, 'OUTSIDER_KEY' => outsider }.map { |k, u| "#{k}=#{u.api_key}\n" }.join)
