"""Words that made-up objects of a workspace consist of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORKSPACES: Final = ("Health", "Clinic", "Outreach", "Foundation", "Farmers", "Schools")
TEAMS: Final = ("Day desk", "Night desk", "Field team", "Pharmacy", "Front office")
GROUPS: Final = (
    "Mothers",
    "Fathers",
    "Health workers",
    "Volunteers",
    "Teachers",
    "Farmers",
    "Youth",
    "Clinic visitors",
)
LABELS: Final = ("Question", "Complaint", "Praise", "Appointment", "Follow up", "Urgent")
FLOW_LABELS: Final = ("Onboarding", "Surveys", "Reminders", "Alerts")
TOPICS: Final = ("Billing", "Medicine", "Appointments", "Directions", "Emergencies")
FLOWS: Final = ("Registration", "Feedback", "Weekly check-in", "Nutrition quiz", "Opening hours")
FIELDS: Final = ("Nickname", "Occupation", "Ward name", "Facility", "Referred by", "Insurance")
GLOBALS: Final = ("Clinic Phone", "Opening Hours", "Hotline", "Sponsor", "Website")
CAMPAIGNS: Final = ("Visit reminders", "Welcome series", "Follow up", "Health tips")
CLASSIFIERS: Final = ("Intents", "Smalltalk", "Triage")
OPTINS: Final = ("Health tips", "Offers", "Emergency alerts")
TEMPLATES: Final = ("visit_reminder", "welcome", "results_ready", "stock_alert")
RESTHOOKS: Final = ("new-visit", "new-registration", "stock-out", "referral")
ANSWERS: Final = ("Yes", "No", "Later")

SENT: Final[Mapping[str, tuple[str, ...]]] = {
    "eng": (
        "Hi {first}, your appointment is on Thursday at 9. Reply YES to confirm.",
        "Hello {first}, the clinic opens at 8 tomorrow.",
        "{first}, please bring your clinic card on your next visit.",
        "Thank you, {first}. A nurse will call you back today.",
        "Dear {first}, free check-ups for children this Saturday.",
    ),
    "swa": (
        "Habari {first}, miadi yako ni Alhamisi saa tatu. Jibu NDIO kuthibitisha.",
        "Hujambo {first}, kliniki itafunguliwa saa mbili kesho.",
        "{first}, tafadhali leta kadi yako ya kliniki.",
        "Asante, {first}. Muuguzi atakupigia simu leo.",
    ),
    "msa": (
        "Hai {first}, temu janji anda pada hari Khamis jam 9 pagi.",
        "Terima kasih, {first}. Kami akan hubungi anda hari ini.",
    ),
    "spa": (
        "Hola {first}, su cita es el jueves a las 9. Responda SI para confirmar.",
        "Gracias, {first}. Le llamaremos hoy.",
    ),
    "fra": (
        "Bonjour {first}, votre rendez-vous est jeudi à 9 h. Répondez OUI pour confirmer.",
        "Merci, {first}. Nous vous rappelons aujourd'hui.",
    ),
}
RECEIVED: Final[Mapping[str, tuple[str, ...]]] = {
    "eng": (
        "Yes",
        "Thank you",
        "What time do you open?",
        "I cannot come on Thursday",
        "Can my sister come too?",
        "STOP",
        "Who is this?",
    ),
    "swa": ("Ndio", "Asante sana", "Mnafungua saa ngapi?", "Siwezi kuja Alhamisi"),
    "msa": ("Ya", "Terima kasih", "Pukul berapa buka?"),
    "spa": ("Si", "Gracias", "¿A qué hora abren?"),
    "fra": ("Oui", "Merci", "À quelle heure ouvrez-vous ?"),
}
