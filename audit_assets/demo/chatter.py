"""Slack messages that mean nothing: small talk, deploy notes, sarcasm, and alarms that turn out to be none.

None of it is an incident or a near miss. Roots with answers are threads; the answers take the alarm back where there was one.
"""

PLAIN = (
    "morning all :wave:",
    "deploying {service} {version} to staging",
    "deploy of {service} {version} done, all green",
    "who owns the {service} dashboard in Grafana?",
    "lunch at 12:30?",
    "reminder: retro at 15:00 UTC",
    "PR #{number} needs a review, small one",
    "thanks for the quick review {name}!",
    "bumped the {service} chart to {version}, no functional change",
    "can someone approve my access request for the billing console?",
    "docs for the new GPU quota process are in the wiki",
    "the cost report for last month is out, have a look",
    "does anyone have a notebook template for A100s?",
    "kubectl tip of the day: kubectl get pods --field-selector status.phase=Pending",
    "we merged the readiness probe change for {service}",
    "off tomorrow, {name} covers",
    "coffee machine on floor {floor} works again",
    "added a panel for queue depth, thanks {name}",
    "nice write-up on speculative decoding: worth a read",
    "planning: please put your estimates in by Thursday",
    "welcome {name} to the team!",
    "the eval set now has {number} prompts",
    "rotated the registry credentials as planned, nothing to do for you",
    "load test of {service} finished: {number} rps at target latency",
    "cleaned up {floor} old branches",
    "new dataset snapshot is in the bucket, same schema as before",
    "I moved the sync to Wednesday",
    "quarterly access review is due, two minutes of your time",
    "ticket {number} closed, thanks all",
    "can we get more desks near the window",
)
SARCASM = (
    "oh great, another Monday, the GPUs must be thrilled :upside_down_face:",
    "sure, let's retrain everything on a Friday, what could go wrong :slightly_smiling_face:",
    "my laptop fan does more thermal throttling than the whole cluster lol",
    "of course the demo worked on my machine, it always does /s",
    "out of memory is also the state of my brain after that meeting",
    "breaking news: YAML indentation claims another victim (me)",
    "love how the coffee machine has better uptime than my motivation",
    "pending pods, pending holidays, same energy :joy:",
)
RETRACTED = (
    ("is chat down for anyone else? getting timeouts", "nvm, my VPN was off. False alarm."),
    ("hm, {service} returns 500 for me", "ignore me, I was pointing at my local build"),
    ("CUDA out of memory!! oh no", "my bad, batch size 4096 in my own notebook. False alarm, nothing on the cluster."),
    ("pods of {service} are Pending??", "scratch that, wrong context, this is my kind cluster on the laptop"),
    ("did the {service} model get worse? answers look odd", "never mind, I had temperature 2.0 set. All good."),
    ("alert: exporter on my dev box is gone", "false alarm, I stopped it myself"),
    ("is the registry broken? cannot pull", "typo in the image name, ignore"),
    ("latency of {service} looks terrible on this graph", "nvm, the axis is in microseconds"),
)
ANSWERED = (
    ("does anyone know where the {service} runbook lives?", "wiki, under Operations", "found it, thanks"),
    ("how do I get GPU quota for an experiment?", "open a request in the portal", "done, thank you {name}"),
    ("which driver do we run on the A100s?", "535.104 everywhere", "ok"),
    ("can I restart the staging {service}?", "go ahead", "done"),
    ("what is our reserved capacity for H100?", "ask finops, it is in their sheet"),
    ("why is the nightly build red?", "flaky test, reran it, green now"),
)
SERVICES = ("chat", "search", "fraud", "docs", "research")
NAMES = ("Marta", "Tom", "Priya", "Jonas", "Aiko", "Lena", "Sam", "Diego", "Noor", "Wei")
NOISE_MESSAGES = 400
