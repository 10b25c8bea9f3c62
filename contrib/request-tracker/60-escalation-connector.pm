# Request Tracker's side of the escalation connector. Goes into RT_SiteConfig.d.
Set($EscalationWebhookSpool, '/var/spool/escalation-webhook');
Set($EscalationWebhookFile,  '/etc/request-tracker5/escalation-webhook.json');
# What the connector's account may see of people without the right AdminUsers: also the client's organisation.
Set($UserSummaryExtraInfo, 'RealName, Name, EmailAddress, Organization');
1;
